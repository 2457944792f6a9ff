"""Which versions fit together: a PubGrub solver over finite version lists, and the teller of its conflicts."""

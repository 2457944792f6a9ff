"""`python -m skillctl`."""

from __future__ import annotations

import sys

from skillctl.cli.main import main

sys.exit(main())

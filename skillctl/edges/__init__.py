"""The world, one small file each; every foreign error is turned into one of ours here."""

"""How the heavy layers compute: each file is imported only by the layers whose matter it is."""

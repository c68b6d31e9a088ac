"""Who keeps snapshots: brothers behind one Protocol (`base`), blind to each other."""

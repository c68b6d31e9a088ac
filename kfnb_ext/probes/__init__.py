"""The senses: a probe returns a reading, or raises."""

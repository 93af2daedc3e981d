"""The catalogue as plain data, and the review of a command line by it, without what it is a catalogue of."""

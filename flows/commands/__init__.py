"""The commands of the command line, by what they are for; each module registers its own."""

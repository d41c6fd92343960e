"""What saring remembers and how it is found again: the ledger, duplicate clusters, index generations and search."""

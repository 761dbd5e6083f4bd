"""What clusters go through, case by case; each runs in a cluster of every mix (`NamedCases`)."""

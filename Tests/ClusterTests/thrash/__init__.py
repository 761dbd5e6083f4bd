"""A live thrash: clients write and read while OSDs die and PGs move; every answer is held against a model."""

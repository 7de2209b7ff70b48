"""Data to diagnose models on, and how to read a diagnosis."""


def kinds(found):
    return sorted({f.kind for f in found.findings})


def layer(found, name):
    return next(x for x in found.layers if x.name == name)

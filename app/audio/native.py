"""The sound functions in C: standard library to 3.12, where importing them warns; audioop-lts from 3.13."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import audioop

__all__ = ["audioop"]

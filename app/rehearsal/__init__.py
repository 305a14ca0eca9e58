"""Stand-ins to rehearse calls with, no accounts needed: the Live API's other side, a phone, callers.

Two cores are shared with the phone and the app, and a second BLAS thread makes the event loop late, so the
number of threads is fixed here, before anything of the rehearsal imports numpy.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

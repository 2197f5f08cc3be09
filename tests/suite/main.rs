//! Black-box tests of the real program over the real port.


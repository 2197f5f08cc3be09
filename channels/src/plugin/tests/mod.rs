//! Tests of plugins: the sample plugin through the conformance suite, and a far side played by the test.

mod documented;
mod played;
mod sample;

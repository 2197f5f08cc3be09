//! The engine's promises, tested with executors that do as they are told.

//! It has no routes: streams, a queue and a topic call it.

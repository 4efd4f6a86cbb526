//! The account item against accounts of every age and state of repair.

//! Every command of `creditsctl`, as the program itself, against the tables of a local
//! world over the wire: how it ends, what it prints, and what it leaves.
//!
//! The list of commands is the command line's own, so that a new one cannot be left out.

#[cfg(test)]
mod cards;
#[cfg(test)]
mod doctor;
#[cfg(test)]
mod doctor_ends;
#[cfg(test)]
mod documented;
#[cfg(test)]
mod lines;
#[cfg(test)]
mod shop;
#[cfg(test)]
mod stripe_lost;
#[cfg(test)]
mod wrong;

//! What the client promises, held against a server on loopback that answers as told:
//! what is sent, what is tried again, what is refused, and what a list is.

#[cfg(test)]
mod attempts;
#[cfg(test)]
mod caller;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod objects;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod server;

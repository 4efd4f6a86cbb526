//! Hosts that endpoints of the local world may be on: this machine too. Here and in
//! the simulator it is allowed, and no function links either.

use std::net::IpAddr;

use notify::{Hosts, PublicHosts};
use outbound::Url;

/// Public hosts, and this machine.
#[derive(Clone, Copy, Debug)]
pub(super) struct LocalHosts;

impl Hosts for LocalHosts {
    fn allow(&self, url: &Url, address: IpAddr) -> bool {
        address.is_loopback() || PublicHosts.allow(url, address)
    }
}

//! Addresses of hosts that somebody else named: which of them may be connected to.
//!
//! A name that leads into a network of ours would make this program a way in. So a name
//! is resolved once, every address is checked, and the connection goes to the checked
//! one. Source: the IANA special-purpose address registries for IPv4 and IPv6.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::endpoint::Endpoint;

/// Blocks of IPv4 that are not hosts of the internet: network, bits of the prefix.
const RESERVED_V4: [([u8; 4], u32); 15] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
];

/// Blocks of IPv6 within the global 2000::/3 that are not hosts of the internet, or that
/// carry an IPv4 address: special purposes with Teredo, documentation, 6to4, and the
/// second block for documentation.
const RESERVED_V6: [([u16; 2], u32); 4] = [
    ([0x2001, 0], 23),
    ([0x2001, 0xdb8], 32),
    ([0x2002, 0], 16),
    ([0x3fff, 0], 20),
];

/// Whether an address is one of the internet: neither private nor link-local nor
/// loopback nor multicast nor reserved, nor one of these inside an IPv6 address.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let within = |(network, bits): &([u8; 4], u32)| {
        let differing = u32::from(address) ^ u32::from_be_bytes(*network);
        differing.leading_zeros() >= *bits
    };
    !RESERVED_V4.iter().any(within)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    let head = (u32::from(first) << 16) | u32::from(second);
    let within = |([first, second], bits): &([u16; 2], u32)| {
        let network = (u32::from(*first) << 16) | u32::from(*second);
        (head ^ network).leading_zeros() >= *bits
    };
    // Everything outside 2000::/3 is loopback, mapped, translated, local, multicast or
    // not assigned.
    let is_global = first & 0xe000 == 0x2000;
    is_global && !RESERVED_V6.iter().any(within)
}

/// Resolves a host and returns its first address, if `allowed` allows all of them. None
/// if one is not allowed, or if there is none.
///
/// # Errors
///
/// The resolver's.
pub async fn resolve(
    endpoint: &Endpoint,
    allowed: impl Fn(IpAddr) -> bool,
) -> std::io::Result<Option<SocketAddr>> {
    let found = tokio::net::lookup_host((endpoint.host.as_str(), endpoint.port)).await?;
    let mut first = None;
    for address in found {
        if !allowed(address.ip()) {
            return Ok(None);
        }
        first = first.or(Some(address));
    }
    Ok(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(addresses: &[&str], expected: bool) {
        for text in addresses {
            let address: IpAddr = text.parse().unwrap();
            assert_eq!(is_public(address), expected, "{text}");
        }
    }

    #[test]
    fn only_hosts_of_the_internet_are_public() {
        check(
            &[
                "1.1.1.1",
                "9.255.255.255",
                "11.0.0.0",
                "100.63.255.255",
                "100.128.0.0",
                "172.15.255.255",
                "172.32.0.0",
                "192.167.255.255",
                "198.17.255.255",
                "198.20.0.0",
                "223.255.255.255",
                "2606:4700::1111",
                "2a00::1",
                "2001:200::1",
            ],
            true,
        );
    }

    #[test]
    fn nothing_that_leads_inside_is_public() {
        check(
            &[
                "0.0.0.0",
                "0.1.2.3",
                "10.0.0.1",
                "100.64.0.1",
                "100.127.255.255",
                "127.0.0.1",
                "127.255.255.255",
                "169.254.169.254",
                "172.16.0.1",
                "172.31.255.255",
                "192.0.0.8",
                "192.168.1.1",
                "198.18.0.1",
                "198.19.255.255",
                "203.0.113.9",
                "224.0.0.1",
                "239.255.255.255",
                "240.0.0.1",
                "255.255.255.255",
            ],
            false,
        );
        check(
            &[
                "::",
                "::1",
                "::127.0.0.1",
                "::ffff:10.0.0.1",
                "::ffff:1.1.1.1",
                "64:ff9b::a00:1",
                "64:ff9b:1::1",
                "100::1",
                "fc00::1",
                "fd00:ec2::254",
                "fe80::1",
                "fec0::1",
                "ff02::1",
                "2001::1",
                "2001:db8::1",
                "2002:a00:1::1",
                "3fff::1",
                "4000::1",
            ],
            false,
        );
    }

    async fn resolved(host: &str, allowed: fn(IpAddr) -> bool) -> Option<SocketAddr> {
        let endpoint = Endpoint::elsewhere(host).unwrap();
        resolve(&endpoint, allowed).await.unwrap()
    }

    #[tokio::test]
    async fn however_an_address_is_written_it_is_checked() {
        for host in [
            "localhost",
            "127.0.0.1",
            "2130706433",
            "0x7f.1",
            "0177.0.0.1",
            "127.1",
        ] {
            assert_eq!(resolved(host, is_public).await, None, "{host}");
        }
        let loopback = resolved("localhost:8443", |address| address.is_loopback()).await;
        assert_eq!(loopback.unwrap().port(), 8443);
    }
}

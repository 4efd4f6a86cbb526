//! Addresses: the page's own, and percent-encoded paths and forms.

use reqwest::Url;
use shared::domain::UserId;

/// Where the forms of the page go.
pub(super) const FRONT_PATH: &str = "/_local/front";

/// A path of segments. All but unreserved characters are encoded (RFC 3986, 2.3).
pub(super) fn path(segments: &[&str]) -> String {
    let mut path = String::new();
    for segment in segments {
        path.push('/');
        for byte in segment.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                path.push(char::from(byte));
            } else {
                path += &format!("%{byte:02X}");
            }
        }
    }
    path
}

/// Fields as a form or a query.
pub(super) fn form(fields: &[(&str, &str)]) -> String {
    // Any URL will do: it only encodes.
    let Ok(mut url) = Url::parse("http://localhost/") else {
        return String::new();
    };
    url.query_pairs_mut().extend_pairs(fields);
    url.query().unwrap_or_default().to_string()
}

/// The page's own path for a user, with what is to be said.
pub(super) fn home(user: &UserId, said: Option<&str>) -> String {
    let mut fields = vec![("user", user.as_str())];
    fields.extend(said.map(|id| ("said", id)));
    format!("/?{}", form(&fields))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_stays_one_segment_and_one_field_whatever_is_in_it() {
        let segments = ["users", "a|b/c?d é", "..", "credits"];
        assert_eq!(path(&segments), "/users/a%7Cb%2Fc%3Fd%20%C3%A9/../credits");
        assert_eq!(form(&[("a", "x &=é"), ("b", "")]), "a=x+%26%3D%C3%A9&b=");
    }
}

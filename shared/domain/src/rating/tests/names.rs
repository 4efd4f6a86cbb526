//! Names of pools, units and currencies are read as they are written.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::*;

/// A name is what is shown, what is stored, and what is read back.
#[track_caller]
fn is_named<T>(value: &T, name: &str)
where
    T: Clone + Debug + Display + PartialEq + FromStr<Err: Debug> + Serialize + DeserializeOwned,
{
    assert_eq!(value.to_string(), name);
    assert_eq!(&name.parse::<T>().unwrap(), value);
    let stored = serde_json::json!(name);
    assert_eq!(serde_json::to_value(value).unwrap(), stored);
    assert_eq!(&serde_json::from_value::<T>(stored).unwrap(), value);
}

#[test]
fn each_pool_has_a_name_and_no_other_text_names_one() {
    let names = [
        "input",
        "cachedInput",
        "cacheWrite",
        "output",
        "reasoning",
        "inputAudio",
        "outputAudio",
    ];
    for (pool, name) in Pool::ALL.into_iter().zip(names) {
        assert_eq!((pool.to_string().as_str(), pool.as_str()), (name, name));
        assert_eq!(name.parse::<Pool>(), Ok(pool));
    }
    for other in ["", "Input", "cached_input", "tokens"] {
        assert!(other.parse::<Pool>().is_err(), "{other}");
    }
}

#[test]
fn each_unit_of_a_breakdown_has_a_name() {
    let image = RatedUnit::Images {
        size: "1024x1024".into(),
        quality: "high".into(),
    };
    is_named(&image, "images:1024x1024:high");
    is_named(&RatedUnit::Request, "request");
    is_named(&RatedUnit::ProviderCost, "providerCost");
    is_named(&RatedUnit::Rounding, "rounding");
    is_named(&RatedUnit::Tokens(Pool::CachedInput), "cachedInput");
    for other in ["", "images:1024x1024", "images", "token"] {
        assert!(other.parse::<RatedUnit>().is_err(), "{other}");
    }
}

#[test]
fn a_currency_is_three_small_letters() {
    let dollar: Currency = "usd".parse().unwrap();
    is_named(&dollar, "usd");
    assert_eq!(dollar.as_str(), "usd");
    for other in ["", "us", "USD", "usdt", "us1", "ü$"] {
        assert!(other.parse::<Currency>().is_err(), "{other}");
    }
}

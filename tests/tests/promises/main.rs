//! Everything the product promises, in one binary because linking takes longer
//! than testing. Each module is one area; its tests are sentences.
//!
//! No test measures time, sleeps until something has happened, or leaves
//! loopback.

mod architecture;
mod bad_tokens;
mod buying;
mod clients;
mod commit;
mod contract;
mod data_on_disk;
mod edge;
mod engines;
mod exit_codes;
mod hot_keys;
mod import;
mod isolation;
mod journeys;
mod least_privilege;
mod logs;
mod notices;
mod operator;
mod outside;
mod processes;
mod requests_and_units;
mod routes;
mod seeds;
mod seeds_verify;
mod start_up;
mod stripe;
mod stripe_api;
mod token;
mod watching;
mod webhook;
mod wire;

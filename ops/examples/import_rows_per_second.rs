//! Measures speed and memory of `creditsctl import` against the local world's
//! tables over the wire:
//!
//! ```sh
//! cargo build --release -p local -p ops
//! cargo run --release -p ops --example import_rows_per_second -- 10000 1000000
//! ```
//!
//! Each number counts credit records, four per user. They are imported twice:
//! once with their users only, and once with a usage row per record and with
//! preferences and a subscription per user. The programs next to this one are
//! measured in separate processes.

use std::error::Error;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use shared::host::clock::Stopwatch;

type Problem = Box<dyn Error>;

/// Per user.
const RECORDS_PER_USER: u64 = 4;
const NOW: &str = "2025-11-06T14:30:00Z";
/// Time limit for the world's start, in pauses.
const TRIES: u32 = 600;
const PAUSE: Duration = Duration::from_millis(10);

fn main() -> Result<(), Problem> {
    let numbers: Result<Vec<u64>, _> = std::env::args().skip(1).map(|it| it.parse()).collect();
    let mut numbers = numbers.map_err(|_| "write numbers of credit records, as 10000 1000000")?;
    if numbers.is_empty() {
        numbers.push(10_000);
    }
    println!("credit records                    rows  seconds  rows/s  peak MB");
    for records in numbers {
        for (what, everything) in [("alone", false), ("with all else", true)] {
            let folder = scratch()?;
            let measured = measure(records, everything, &folder);
            fs::remove_dir_all(&folder)?;
            println!("{records:>14} {what:<13} {}", measured?);
        }
    }
    Ok(())
}

fn scratch() -> Result<PathBuf, Problem> {
    let name = format!("rows-per-second-{}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// A program built beside this one.
fn beside(name: &str) -> Result<PathBuf, Problem> {
    let own = std::env::current_exe()?;
    let found = own
        .ancestors()
        .map(|folder| folder.join(name))
        .find(|it| it.is_file());
    found.ok_or_else(|| {
        format!("no {name} beside this: cargo build --release -p local -p ops").into()
    })
}

fn measure(records: u64, everything: bool, folder: &Path) -> Result<String, Problem> {
    let rows = write_export(records, everything, folder)?;
    let world = World::start()?;
    let mut import = Command::new(beside("creditsctl")?);
    import.args([
        "import",
        "--region",
        "local",
        "--now",
        NOW,
        "--endpoint-url",
        &world.url,
    ]);
    import.arg("--from").arg(folder).stdout(Stdio::null());
    let stopwatch = Stopwatch::start();
    let mut import = import.spawn()?;
    let mut peak_kib = 0;
    let status = loop {
        peak_kib = peak_kib.max(peak_of(import.id()));
        if let Some(status) = import.try_wait()? {
            break status;
        }
        sleep(PAUSE);
    };
    let elapsed = stopwatch.elapsed();
    if !status.success() {
        return Err(format!("creditsctl ended with {status}").into());
    }
    let millis = elapsed.as_millis().max(1);
    let per_second = u128::from(rows) * 1000 / millis;
    let (seconds, tenths) = (millis / 1000, millis % 1000 / 100);
    Ok(format!(
        "{rows:>9} {seconds:>6}.{tenths} {per_second:>7} {:>8}",
        peak_kib.div_ceil(1024)
    ))
}

/// Peak memory of a process where the system reports it, else 0.
fn peak_of(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next());
    kib.and_then(|kib| kib.parse().ok()).unwrap_or_default()
}

/// The local world with its tables on a port.
struct World {
    process: Child,
    url: String,
}

impl World {
    fn start() -> Result<Self, Problem> {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let other = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let (port, tables) = (free.local_addr()?.port(), other.local_addr()?.port());
        drop((free, other));
        let mut local = Command::new(beside("local")?);
        local.args([
            "--port",
            &port.to_string(),
            "--dynamodb-port",
            &tables.to_string(),
        ]);
        let process = local.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let mut world = World {
            process,
            url: format!("http://127.0.0.1:{tables}"),
        };
        for _ in 0..TRIES {
            if TcpStream::connect((Ipv4Addr::LOCALHOST, tables)).is_ok() {
                return Ok(world);
            }
            if let Some(status) = world.process.try_wait()? {
                return Err(format!("the local world ended with {status}").into());
            }
            sleep(PAUSE);
        }
        Err("the local world does not start".into())
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The header of each file.
const HEADERS: [(&str, &str); 7] = [
    ("models", "id,name,display_name,provider,capabilities"),
    ("oauth_clients", "client_id,client_name"),
    (
        "users",
        "id,email,first_name,last_name,created_at,is_active",
    ),
    (
        "user_preferences",
        "user_id,default_model_id,max_tokens,temperature",
    ),
    (
        "subscriptions",
        "id,user_id,tier,status,stripe_subscription_id,stripe_customer_id,\
         current_period_start,current_period_end,created_at",
    ),
    (
        "credits",
        "id,user_id,subscription_id,total_credits,used_credits,billing_period_start,\
         billing_period_end,is_current,created_at",
    ),
    (
        "usage_history",
        "id,user_id,credit_id,model_id,operation,credits_used,input_tokens,output_tokens,\
         total_tokens,created_at",
    ),
];

/// Writes an export with this many credit records and returns its row count.
fn write_export(records: u64, everything: bool, folder: &Path) -> Result<u64, Problem> {
    let mut files = HEADERS.map(|(name, header)| {
        let file = File::create(folder.join(format!("{name}.csv"))).map(BufWriter::new);
        file.and_then(|mut file| writeln!(file, "{header}").map(|()| file))
    });
    let [models, _, users, preferences, subscriptions, credits, usage] = &mut files;
    let write = |file: &mut io::Result<BufWriter<File>>, line: String| match file {
        Ok(file) => writeln!(file, "{line}"),
        Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
    };
    write(models, "m-1,m-1,M 1,somebody,{text}".to_string())?;
    let uuid = |kind: u64, number: u64| format!("{kind:08x}-0000-4000-8000-{number:012x}");
    let mut rows = 1;
    for number in 0..records.div_ceil(RECORDS_PER_USER) {
        let user = uuid(1, number);
        let email = format!("user-{number}@old.example");
        write(
            users,
            format!("{user},{email},User,{number},2024-01-01 00:00:00,t"),
        )?;
        rows += 1;
        if everything {
            let subscription = uuid(2, number);
            write(preferences, format!("{user},m-1,4096,0.70"))?;
            let stripe = format!("sub_{number},cus_{number}");
            let period = "2025-11-01 00:00:00,2025-12-01 00:00:00,2025-01-01 00:00:00";
            write(
                subscriptions,
                format!("{subscription},{user},pro,active,{stripe},{period}"),
            )?;
            rows += 2;
        }
        let mine = (number * RECORDS_PER_USER..records).take(4);
        for (month, record) in (8..).zip(mine) {
            let (from, to) = (
                format!("2025-{month:02}-01"),
                format!("2025-{:02}-01", month + 1),
            );
            let (credit, is_current) = (uuid(3, record), if month == 11 { "t" } else { "f" });
            let period = format!("{from} 00:00:00,{to} 00:00:00,{is_current},{from} 00:00:00");
            write(credits, format!("{credit},{user},,2000,1234.5,{period}"))?;
            rows += 1;
            if everything {
                let used = "m-1,chat,1234.5,1000,200,1200";
                let usage_id = uuid(4, record);
                write(
                    usage,
                    format!("{usage_id},{user},{credit},{used},{from} 12:00:00"),
                )?;
                rows += 1;
            }
        }
    }
    for file in files {
        file?.flush()?;
    }
    Ok(rows)
}

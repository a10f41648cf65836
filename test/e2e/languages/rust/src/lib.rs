//! What every Rust client does, by way of an adapter.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::time::{Duration, Instant};

use tokio::time::sleep;

pub type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// A client under test. Each connects as often as the scene asks for.
#[allow(async_fn_in_trait)]
pub trait Client {
    async fn set(&self, key: &str, value: &str) -> Outcome<String>;
    async fn get(&self, key: &str) -> Outcome<String>;
    async fn incr(&self, key: &str) -> Outcome<i64>;
    async fn pipeline(&self, key: &str, times: i64) -> Outcome<Vec<i64>>;
    async fn multi(&self, key: &str, copy: &str, value: &str) -> Outcome<(i64, String, String)>;
    async fn lua(&self, script: &str, key: &str, arg: &str) -> Outcome<(String, String, i64)>;
    async fn scan(&self, pattern: &str) -> Outcome<Vec<String>>;
    async fn publish(&self, channel: &str, message: &str) -> Outcome<i64>;
    async fn rpush(&self, key: &str, value: &str) -> Outcome<i64>;
    async fn blpop(&self, key: &str, seconds: f64) -> Outcome<Option<(String, String)>>;
    /// Subscribes, says so, and then never returns without an error.
    async fn subscribe(&self, channel: &str, subscribed: impl FnOnce(), received: impl Fn(String)) -> Outcome<()>;
}

/// How to connect, from the environment.
pub struct Place {
    pub url: String,
    pub resp3: Option<bool>,
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

impl Place {
    pub fn here() -> Place {
        let (user, password) = (variable("USERNAME"), variable("PASSWORD"));
        let login = if password.is_empty() { String::new() } else { format!("{user}:{password}@") };
        let protocol = variable("PROTOCOL");
        Place {
            url: format!("redis://{login}{}:{}", variable("HOST"), variable("PORT")),
            resp3: (!protocol.is_empty()).then(|| protocol == "3"),
        }
    }
}

#[derive(Default)]
struct Messages {
    sent: Cell<i64>,
    received: RefCell<Vec<i64>>,
}

impl Messages {
    fn send(&self) -> i64 {
        self.sent.replace(self.sent.get() + 1)
    }

    fn complete(&self) -> bool {
        self.received.borrow().len() as i64 >= self.sent.get()
    }

    fn lost(&self) -> i64 {
        let seen: BTreeSet<_> = self.received.borrow().iter().copied().collect();
        (0..self.sent.get()).filter(|n| !seen.contains(n)).count() as i64
    }

    fn doubled(&self) -> i64 {
        let received = self.received.borrow();
        received.len() as i64 - received.iter().collect::<BTreeSet<_>>().len() as i64
    }
}

/// The books of one run: what was asked, what came back, and what should have.
struct Book {
    end: Instant,
    prefix: String,
    commands: Cell<i64>,
    rounds: Cell<i64>,
    errors: Cell<i64>,
    first: RefCell<String>,
    channel: Messages,
    list: Messages,
}

const PATIENCE: Duration = Duration::from_secs(10);

impl Book {
    fn open(&self) -> bool {
        Instant::now() < self.end
    }

    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    fn check<T: PartialEq + Debug>(&self, what: &str, got: T, want: T) {
        self.commands.set(self.commands.get() + 1);
        if got != want {
            self.fail(format!("{what}: got {got:?}, want {want:?}"));
        }
    }

    fn fail(&self, what: String) {
        self.errors.set(self.errors.get() + 1);
        if self.first.borrow().is_empty() {
            *self.first.borrow_mut() = what.chars().take(400).collect();
        }
    }

    fn note(&self, activity: &str, outcome: Outcome<()>) {
        if let Err(e) = outcome {
            self.fail(format!("{activity}: {e}"));
        }
    }

    /// Whether all have arrived, or have had the time to.
    fn arrived(&self, messages: &Messages) -> bool {
        messages.complete() || Instant::now() > self.end + PATIENCE
    }

    fn print(&self, client: &str, version: &str) {
        for m in [&self.channel, &self.list] {
            if !m.received.borrow().is_sorted() {
                self.fail("messages out of order".into());
            }
        }
        let first: String = self.first.borrow().chars().filter(|c| !c.is_control()).collect();
        println!(
            r#"{{"client":"{client}","version":"{version}","commands":{},"rounds":{},"messages":{},"errors":{},"lost":{},"doubled":{},"first":"{}"}}"#,
            self.commands.get(),
            self.rounds.get(),
            self.channel.sent.get() + self.list.sent.get(),
            self.errors.get(),
            self.channel.lost() + self.list.lost(),
            self.channel.doubled() + self.list.doubled(),
            first.replace('\\', "\\\\").replace('"', "\\\""),
        );
    }
}

const READY: &str = "ready";
const SCRIPT: &str = "return {KEYS[1], ARGV[1], redis.call('INCR', KEYS[1])}";

async fn commands(c: &impl Client, book: &Book) -> Outcome<()> {
    let keys: BTreeSet<_> = (0..25).map(|i| book.key(&format!("scan:{i}"))).collect();
    for key in &keys {
        book.check("SET", c.set(key, "x").await?, "OK".into());
    }
    let mut n = 1;
    while book.open() {
        round(c, book, n, &keys).await?;
        book.rounds.set(n);
        n += 1;
        sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

async fn round(c: &impl Client, book: &Book, n: i64, keys: &BTreeSet<String>) -> Outcome<()> {
    let value = format!("value {n}");
    book.check("SET", c.set(&book.key("string"), &value).await?, "OK".into());
    book.check("GET", c.get(&book.key("string")).await?, value.clone());
    book.check("INCR", c.incr(&book.key("counter")).await?, n);
    book.check("pipeline", c.pipeline(&book.key("pipeline"), 10).await?, (10 * n - 9..=10 * n).collect());
    let (text, lua) = (n.to_string(), book.key("lua"));
    book.check("MULTI", c.multi(&book.key("multi"), &book.key("copy"), &text).await?, (n, "OK".into(), text.clone()));
    book.check("Lua", c.lua(SCRIPT, &lua, &text).await?, (lua.clone(), text, n));
    if n % 10 == 1 {
        book.check("SCAN", &c.scan(&book.key("scan:*")).await?.into_iter().collect(), keys);
        let big = (value + ",").repeat((1 << 20) / 8 + n as usize);
        book.check("SET big", c.set(&book.key("big"), &big).await?, "OK".into());
        book.check("GET big", c.get(&book.key("big")).await? == big, true);
    }
    Ok(())
}

async fn subscription(client: &impl Client, c: &impl Client, book: &Book) -> Outcome<()> {
    let channel = book.key("channel");
    let subscribed = tokio::sync::Notify::new();
    let publishing = async {
        subscribed.notified().await;
        while c.publish(&channel, READY).await? == 0 {
            sleep(Duration::from_millis(10)).await; // fred does not wait for the answer to SUBSCRIBE
        }
        while book.open() {
            book.check("PUBLISH", c.publish(&channel, &book.channel.send().to_string()).await?, 1);
            sleep(Duration::from_millis(50)).await;
        }
        while !book.arrived(&book.channel) {
            sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    };
    let receive = |m: String| {
        if m != READY {
            book.channel.received.borrow_mut().push(m.parse().unwrap_or(-1));
        }
    };
    tokio::select! {
        done = publishing => done,
        ended = client.subscribe(&channel, || subscribed.notify_one(), receive) => ended.and(Err("the subscription has ended".into())),
    }
}

async fn produce(c: &impl Client, book: &Book) -> Outcome<()> {
    while book.open() {
        let n = book.list.send();
        book.check("RPUSH", c.rpush(&book.key("list"), &n.to_string()).await? >= 1, true);
        sleep(Duration::from_millis(if n % 8 == 7 { 1300 } else { 100 })).await; // sometimes longer than BLPOP waits
    }
    Ok(())
}

async fn consume(client: &impl Client, book: &Book) -> Outcome<()> {
    while book.open() || !book.arrived(&book.list) {
        if let Some((key, n)) = client.blpop(&book.key("list"), 1.0).await? {
            book.check("BLPOP", key, book.key("list"));
            book.list.received.borrow_mut().push(n.parse()?);
        }
    }
    Ok(())
}

/// Runs the scene with a client for commands, one that subscribes and one that blocks.
pub fn play<C: Client>(name: &str, version: &str, connect: impl AsyncFn(&Place) -> Outcome<C>) {
    let book = Book {
        end: Instant::now() + Duration::from_secs_f64(variable("DURATION").parse().expect("DURATION")),
        prefix: variable("PREFIX"),
        commands: Cell::new(0),
        rounds: Cell::new(0),
        errors: Cell::new(0),
        first: RefCell::default(),
        channel: Messages::default(),
        list: Messages::default(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let outcome = runtime.block_on(async {
        let place = Place::here();
        let (c, subscriber, blocked) = (connect(&place).await?, connect(&place).await?, connect(&place).await?);
        let (a, b, d, e) = tokio::join!(commands(&c, &book), subscription(&subscriber, &c, &book), produce(&c, &book), consume(&blocked, &book));
        book.note("commands", a);
        book.note("subscription", b);
        book.note("RPUSH", d);
        Outcome::Ok(book.note("BLPOP", e))
    });
    book.note("connect", outcome);
    book.print(name, version);
}

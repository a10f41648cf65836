//! redis-rs.

use futures_util::StreamExt;
use redis::aio::MultiplexedConnection;
use redis::{AsyncCommands, AsyncConnectionConfig};
use scene::{Outcome, Place};

struct Adapter {
    client: redis::Client,
    connection: MultiplexedConnection,
}

impl Adapter {
    fn c(&self) -> MultiplexedConnection {
        self.connection.clone()
    }
}

impl scene::Client for Adapter {
    async fn set(&self, key: &str, value: &str) -> Outcome<String> {
        Ok(self.c().set(key, value).await?)
    }

    async fn get(&self, key: &str) -> Outcome<String> {
        Ok(redis::cmd("GET").arg(key).query_async(&mut self.c()).await?)
    }

    async fn incr(&self, key: &str) -> Outcome<i64> {
        Ok(redis::cmd("INCR").arg(key).query_async(&mut self.c()).await?)
    }

    async fn pipeline(&self, key: &str, times: i64) -> Outcome<Vec<i64>> {
        let mut pipe = redis::pipe();
        (0..times).for_each(|_| {
            pipe.incr(key, 1);
        });
        Ok(pipe.query_async(&mut self.c()).await?)
    }

    async fn multi(&self, key: &str, copy: &str, value: &str) -> Outcome<(i64, String, String)> {
        Ok(redis::pipe().atomic().incr(key, 1).set(copy, value).get(copy).query_async(&mut self.c()).await?)
    }

    async fn lua(&self, script: &str, key: &str, arg: &str) -> Outcome<(String, String, i64)> {
        Ok(redis::Script::new(script).key(key).arg(arg).invoke_async(&mut self.c()).await?)
    }

    async fn scan(&self, pattern: &str) -> Outcome<Vec<String>> {
        let mut connection = self.c();
        let mut found = Vec::new();
        let mut keys = connection.scan_match::<_, String>(pattern).await?;
        while let Some(key) = keys.next_item().await {
            found.push(key?);
        }
        Ok(found)
    }

    async fn publish(&self, channel: &str, message: &str) -> Outcome<i64> {
        Ok(redis::cmd("PUBLISH").arg(channel).arg(message).query_async(&mut self.c()).await?)
    }

    async fn rpush(&self, key: &str, value: &str) -> Outcome<i64> {
        Ok(redis::cmd("RPUSH").arg(key).arg(value).query_async(&mut self.c()).await?)
    }

    async fn blpop(&self, key: &str, seconds: f64) -> Outcome<Option<(String, String)>> {
        Ok(redis::cmd("BLPOP").arg(key).arg(seconds).query_async(&mut self.c()).await?)
    }

    async fn subscribe(&self, channel: &str, subscribed: impl FnOnce(), received: impl Fn(String)) -> Outcome<()> {
        let mut connection = self.client.get_async_pubsub().await?;
        connection.subscribe(channel).await?;
        subscribed();
        let mut messages = connection.on_message();
        while let Some(m) = messages.next().await {
            received(m.get_payload()?);
        }
        Ok(())
    }
}

async fn connect(place: &Place) -> Outcome<Adapter> {
    let url = match place.resp3 {
        Some(true) => format!("{}/?protocol=resp3", place.url),
        _ => place.url.clone(),
    };
    let client = redis::Client::open(url)?;
    // Replies may take as long as BLPOP waits.
    let config = AsyncConnectionConfig::new().set_response_timeout(None);
    let connection = client.get_multiplexed_async_connection_with_config(&config).await?;
    Ok(Adapter { client, connection })
}

fn main() {
    scene::play("redis-rs", "1.8.1", connect);
}

//! Lets Causeway's peer check (npm run verify -- peers) use the wacore crates: their binary codec, and their Noise
//! primitives put together as a server. It knows nothing of Causeway but the JSON of a node.

mod node;
mod respond;

use std::error::Error;
use std::io::{BufRead, stdin};

use serde_json::Value;
use wacore_binary::marshal::{marshal, unmarshal_ref};
use wacore_binary::util::unpack;

type Answer = Result<String, Box<dyn Error>>;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["marshal"] => each_line(to_frame),
        ["unmarshal"] => each_line(from_frame),
        ["respond", config] => respond::respond(&serde_json::from_str(config)?),
        _ => Err("usage: wacore-peer marshal|unmarshal, or wacore-peer respond JSON".into()),
    }
}

/// Answers each line of the input with one line: what the codec made of it, or `refused`.
fn each_line(answer: impl Fn(&str) -> Answer) -> Result<(), Box<dyn Error>> {
    for line in stdin().lock().lines() {
        println!("{}", answer(&line?).unwrap_or_else(|_| "refused".into()));
    }
    Ok(())
}

/// From the JSON of a node to the hex of a frame.
fn to_frame(line: &str) -> Answer {
    let given: Value = serde_json::from_str(line)?;
    Ok(hex::encode(marshal(&node::from_json(&given)?)?))
}

/// From the hex of a frame to the JSON of a node.
fn from_frame(line: &str) -> Answer {
    let frame = hex::decode(line)?;
    let body = unpack(&frame)?;
    let read = unmarshal_ref(&body)?.to_owned();
    Ok(node::to_json(&read).to_string())
}

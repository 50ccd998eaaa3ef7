//! A node as the peer check writes it: attributes are texts or JIDs, content is the hex of bytes, `{"text": …}` or a
//! list of nodes.

use std::error::Error;

use serde_json::{Map, Value, json};
use wacore_binary::{Attrs, Jid, Node, NodeContent, NodeValue, Server};

type Failure = Box<dyn Error>;

pub fn from_json(given: &Value) -> Result<Node, Failure> {
    let mut attrs = Attrs::new();
    for (name, value) in given["attrs"].as_object().into_iter().flatten() {
        attrs.push(name.clone(), attribute(value)?);
    }
    let content = match &given["content"] {
        Value::Null => None,
        Value::String(bytes) => Some(NodeContent::Bytes(hex::decode(bytes)?)),
        Value::Array(children) => Some(NodeContent::Nodes(
            children.iter().map(from_json).collect::<Result<_, _>>()?,
        )),
        _ => return Err("content that the check does not write".into()),
    };
    let tag = given["tag"].as_str().ok_or("a node without a tag")?;
    Ok(Node::new(tag.to_owned(), attrs, content))
}

fn attribute(value: &Value) -> Result<NodeValue, Failure> {
    if let Some(text) = value.as_str() {
        return Ok(NodeValue::String(text.into()));
    }
    let server = Server::try_from(value["server"].as_str().ok_or("a JID without a server")?)?;
    let mut jid = Jid::new(value["user"].as_str().unwrap_or_default(), server);
    let number = |name: &str| value[name].as_u64().unwrap_or_default();
    jid.agent = number("agent").try_into()?;
    jid.device = number("device").try_into()?;
    jid.integrator = number("integrator").try_into()?;
    Ok(NodeValue::Jid(jid))
}

pub fn to_json(node: &Node) -> Value {
    let attrs: Map<String, Value> = node
        .attrs
        .iter()
        .map(|(name, value)| (name.to_string(), value_json(value)))
        .collect();
    let content = match &node.content {
        None => return json!({ "tag": node.tag, "attrs": attrs }),
        Some(NodeContent::Bytes(bytes)) => json!(hex::encode(bytes)),
        Some(NodeContent::String(text)) => json!({ "text": text.as_str() }),
        Some(NodeContent::Nodes(children)) => children.iter().map(to_json).collect(),
    };
    json!({ "tag": node.tag, "attrs": attrs, "content": content })
}

fn value_json(value: &NodeValue) -> Value {
    let jid = match value {
        NodeValue::String(text) => return json!(text.as_str()),
        NodeValue::Jid(jid) => jid,
    };
    let mut result = json!({ "user": jid.user.as_str(), "server": jid.server.as_str() });
    for (name, number) in [
        ("agent", u16::from(jid.agent)),
        ("device", jid.device),
        ("integrator", jid.integrator),
    ] {
        if number > 0 {
            result[name] = json!(number);
        }
    }
    result
}

package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// jsonNode is a node as the peer check writes it: attributes are texts or JIDs, content is the hex of bytes,
// {"text": …} or a list of nodes.
type jsonNode struct {
	Tag     string         `json:"tag"`
	Attrs   map[string]any `json:"attrs,omitempty"`
	Content any            `json:"content,omitempty"`
}

type jsonJID struct {
	User       string `json:"user"`
	Server     string `json:"server"`
	Agent      uint8  `json:"agent,omitempty"`
	Device     uint16 `json:"device,omitempty"`
	Integrator uint16 `json:"integrator,omitempty"`
}

// ambiguous says whether some element has more than one attribute, so that the encoder may order them.
func (n jsonNode) ambiguous() bool {
	text, _ := json.Marshal(n.Content)
	var children []jsonNode
	_ = json.Unmarshal(text, &children)
	for _, child := range children {
		if child.ambiguous() {
			return true
		}
	}
	return len(n.Attrs) > 1
}

// converted reads a value that came as any JSON into a type of its own.
func converted[T any](value any) (result T, err error) {
	text, err := json.Marshal(value)
	if err == nil {
		err = json.Unmarshal(text, &result)
	}
	return result, err
}

func (n jsonNode) node() (binary.Node, error) {
	node := binary.Node{Tag: n.Tag, Attrs: binary.Attrs{}}
	for name, value := range n.Attrs {
		if text, ok := value.(string); ok {
			node.Attrs[name] = text
			continue
		}
		jid, err := converted[jsonJID](value)
		if err != nil {
			return node, err
		}
		node.Attrs[name] = types.JID{
			User: jid.User, Server: jid.Server, RawAgent: jid.Agent, Device: jid.Device, Integrator: jid.Integrator,
		}
	}
	switch content := n.Content.(type) {
	case nil:
	case string:
		bytes, err := hex.DecodeString(content)
		if err != nil {
			return node, err
		}
		node.Content = bytes
	case []any:
		given, err := converted[[]jsonNode](content)
		if err != nil {
			return node, err
		}
		children := make([]binary.Node, len(given))
		for i, child := range given {
			if children[i], err = child.node(); err != nil {
				return node, err
			}
		}
		node.Content = children
	default:
		return node, fmt.Errorf("content that the check does not write")
	}
	return node, nil
}

func jsonOf(node binary.Node) (jsonNode, error) {
	result := jsonNode{Tag: node.Tag, Attrs: map[string]any{}}
	for name, value := range node.Attrs {
		switch value := value.(type) {
		case nil:
			result.Attrs[name] = ""
		case string:
			result.Attrs[name] = value
		case types.JID:
			result.Attrs[name] = jsonJID{
				User: value.User, Server: value.Server, Agent: value.RawAgent, Device: value.Device,
				Integrator: value.Integrator,
			}
		default:
			return result, fmt.Errorf("an attribute of type %T", value)
		}
	}
	switch content := node.Content.(type) {
	case nil:
	case []byte:
		result.Content = hex.EncodeToString(content)
	case string:
		result.Content = map[string]string{"text": content}
	case []binary.Node:
		children := make([]jsonNode, len(content))
		for i, child := range content {
			var err error
			if children[i], err = jsonOf(child); err != nil {
				return result, err
			}
		}
		result.Content = children
	default:
		return result, fmt.Errorf("content of type %T", content)
	}
	return result, nil
}

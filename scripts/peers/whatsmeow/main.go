// Command whatsmeow lets Causeway's peer check (npm run verify -- peers) use whatsmeow: its whole handshake as a
// client, and its binary codec. It knows nothing of Causeway but the JSON of a node.
package main

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"

	"go.mau.fi/whatsmeow/binary"
)

// Go's maps have no order of their own: the least of this many encodings is the same in each run.
const encodings = 2000

func main() {
	if len(os.Args) < 2 {
		fail(fmt.Errorf("usage: whatsmeow marshal|deflate|unmarshal, or whatsmeow dial|certify JSON"))
	}
	var err error
	switch os.Args[1] {
	case "marshal":
		err = eachLine(marshal)
	case "deflate":
		err = eachLine(deflate)
	case "unmarshal":
		err = eachLine(unmarshal)
	case "dial":
		err = dial([]byte(os.Args[2]))
	case "certify":
		err = certify([]byte(os.Args[2]))
	default:
		err = fmt.Errorf("no such command: %s", os.Args[1])
	}
	if err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// eachLine answers each line of the input with one line: what the codec made of it, or "refused".
func eachLine(answer func(line []byte) (string, error)) error {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		text, err := guarded(answer, lines.Bytes())
		if err != nil {
			text = "refused"
		}
		fmt.Println(text)
	}
	return lines.Err()
}

// The codec ends some refusals by a panic.
func guarded(answer func(line []byte) (string, error), line []byte) (text string, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("panic: %v", reason)
		}
	}()
	return answer(line)
}

// marshal turns the JSON of a node into the hex of a frame.
func marshal(line []byte) (string, error) {
	var given jsonNode
	if err := json.Unmarshal(line, &given); err != nil {
		return "", err
	}
	node, err := given.node()
	if err != nil {
		return "", err
	}
	least, err := binary.Marshal(node)
	for i := 1; i < encodings && err == nil && given.ambiguous(); i++ {
		var other []byte
		if other, err = binary.Marshal(node); bytes.Compare(other, least) < 0 {
			least = other
		}
	}
	return hex.EncodeToString(least), err
}

// deflate turns the hex of a plain frame into that of a compressed one.
func deflate(line []byte) (string, error) {
	frame, err := hex.DecodeString(string(line))
	if err != nil {
		return "", err
	}
	packed := bytes.NewBuffer([]byte{2})
	writer := zlib.NewWriter(packed)
	if _, err = writer.Write(frame[1:]); err != nil {
		return "", err
	}
	err = writer.Close()
	return hex.EncodeToString(packed.Bytes()), err
}

// unmarshal turns the hex of a frame into the JSON of a node.
func unmarshal(line []byte) (string, error) {
	frame, err := hex.DecodeString(string(line))
	if err != nil {
		return "", err
	}
	body, err := binary.Unpack(frame)
	if err != nil {
		return "", err
	}
	node, err := binary.Unmarshal(body)
	if err != nil {
		return "", err
	}
	read, err := jsonOf(*node)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(read)
	return string(text), err
}

package main

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"github.com/coder/websocket"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waWa6"
	"go.mau.fi/whatsmeow/socket"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/util/keys"
	waLog "go.mau.fi/whatsmeow/util/log"
	"google.golang.org/protobuf/proto"
)

const patience = 20 * time.Second

// conversation says which keys the client has, whom it trusts, and what it asks. Keys are hex.
type conversation struct {
	Root      string   `json:"root"`
	NoiseKey  string   `json:"noiseKey"`
	Ephemeral string   `json:"ephemeral"`
	AccountID uint64   `json:"accountId"`
	Token     string   `json:"token"`
	Ask       jsonNode `json:"ask"`
}

// dial is whatsmeow's client whose socket is this process's standard input and output: it makes the handshake, checks
// the server's certificates by its own rules, sends one query, and tells the answer as JSON on standard error.
func dial(config []byte) error {
	var given conversation
	if err := json.Unmarshal(config, &given); err != nil {
		return err
	}
	ask, err := given.Ask.node()
	root, rootErr := key(given.Root)
	noiseKey, noiseErr := key(given.NoiseKey)
	ephemeral, ephemeralErr := key(given.Ephemeral)
	token, tokenErr := hex.DecodeString(given.Token)
	if err = errors.Join(err, rootErr, noiseErr, ephemeralErr, tokenErr); err != nil {
		return err
	}
	whatsmeow.WACertPubKey = root
	client := whatsmeow.NewClient(&store.Device{NoiseKey: keys.NewKeyPairFromPrivateKey(noiseKey)}, waLog.Noop)
	client.GetClientPayload = func() *waWa6.ClientPayload {
		return &waWa6.ClientPayload{
			Username:    proto.Uint64(given.AccountID),
			Passive:     proto.Bool(false),
			Product:     waWa6.ClientPayload_INTEROP.Enum(),
			InteropData: &waWa6.ClientPayload_InteropData{AccountID: proto.Uint64(given.AccountID), Token: token},
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	server := httptest.NewServer(http.HandlerFunc(bridge))
	frames := socket.NewFrameSocket(waLog.Noop, server.Client())
	frames.URL = "ws" + server.URL[len("http"):]
	frames.HTTPHeaders = nil
	if err = frames.Connect(ctx); err != nil {
		return err
	}
	internals := client.DangerousInternals()
	if err = internals.DoHandshake(ctx, frames, *keys.NewKeyPairFromPrivateKey(ephemeral)); err != nil {
		return err
	}
	id, _ := ask.Attrs["id"].(string)
	answers := internals.WaitResponse(id)
	if err = internals.SendNode(ctx, ask); err != nil {
		return err
	}
	select {
	case answer := <-answers:
		read, err := jsonOf(*answer)
		if err != nil {
			return err
		}
		return json.NewEncoder(os.Stderr).Encode(read)
	case <-ctx.Done():
		return fmt.Errorf("no answer to the query")
	}
}

func key(text string) (result [32]byte, err error) {
	bytes, err := hex.DecodeString(text)
	if err == nil && copy(result[:], bytes) != len(result) {
		err = fmt.Errorf("a key of %d bytes", len(bytes))
	}
	return result, err
}

// bridge is the other end of the client's WebSocket. It hands over whole frames: the client does not join cut ones.
func bridge(writer http.ResponseWriter, request *http.Request) {
	conn, err := websocket.Accept(writer, request, nil)
	if err != nil {
		return
	}
	ctx, cancel := context.WithCancel(request.Context())
	defer cancel()
	go func() {
		for {
			_, message, err := conn.Read(ctx)
			if err != nil {
				return
			}
			_, _ = os.Stdout.Write(message)
		}
	}()
	for {
		frame := make([]byte, socket.FrameLengthSize, 1<<16)
		if _, err = io.ReadFull(os.Stdin, frame); err != nil {
			return
		}
		body := make([]byte, binary.BigEndian.Uint32(append([]byte{0}, frame...)))
		if _, err = io.ReadFull(os.Stdin, body); err != nil {
			return
		}
		if err = conn.Write(ctx, websocket.MessageBinary, append(frame, body...)); err != nil {
			return
		}
	}
}

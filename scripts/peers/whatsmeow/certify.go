package main

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"

	"go.mau.fi/libsignal/ecc"
	"go.mau.fi/whatsmeow/proto/waCert"
	"google.golang.org/protobuf/proto"
)

// authorities are the private keys, in hex, of the root and the intermediate, and the public key that the leaf names.
type authorities struct {
	Root         string `json:"root"`
	Intermediate string `json:"intermediate"`
	Leaf         string `json:"leaf"`
	NotBefore    uint64 `json:"notBefore"`
	NotAfter     uint64 `json:"notAfter"`
}

// zeros make signatures that are the same in each run. They are of test keys.
type zeros struct{}

func (zeros) Read(bytes []byte) (int, error) {
	clear(bytes)
	return len(bytes), nil
}

// certify writes a server's certificate chain, signed as whatsmeow's Signal library signs, and the root's public key.
func certify(config []byte) error {
	rand.Reader = zeros{}
	var given authorities
	if err := json.Unmarshal(config, &given); err != nil {
		return err
	}
	root, rootErr := key(given.Root)
	intermediate, intermediateErr := key(given.Intermediate)
	leaf, leafErr := key(given.Leaf)
	if err := errors.Join(rootErr, intermediateErr, leafErr); err != nil {
		return err
	}
	signer, issuer := ecc.CreateKeyPair(root[:]), ecc.CreateKeyPair(intermediate[:])
	window := waCert.CertChain_NoiseCertificate_Details{NotBefore: &given.NotBefore, NotAfter: &given.NotAfter}
	issuerKey := issuer.PublicKey().PublicKey()
	middle, middleErr := certificate(signer, 1, 0, issuerKey[:], &window)
	last, lastErr := certificate(issuer, 2, 1, leaf[:], &window)
	chain, err := proto.Marshal(&waCert.CertChain{Intermediate: middle, Leaf: last})
	if err = errors.Join(middleErr, lastErr, err); err != nil {
		return err
	}
	rootKey := signer.PublicKey().PublicKey()
	return json.NewEncoder(os.Stdout).Encode(map[string]string{
		"root": hex.EncodeToString(rootKey[:]), "chain": hex.EncodeToString(chain),
	})
}

func certificate(
	signer *ecc.ECKeyPair, serial, issuer uint32, key []byte, window *waCert.CertChain_NoiseCertificate_Details,
) (*waCert.CertChain_NoiseCertificate, error) {
	details, err := proto.Marshal(&waCert.CertChain_NoiseCertificate_Details{
		Serial: &serial, IssuerSerial: &issuer, Key: key, NotBefore: window.NotBefore, NotAfter: window.NotAfter,
	})
	signature := ecc.CalculateSignature(signer.PrivateKey(), details)
	return &waCert.CertChain_NoiseCertificate{Details: details, Signature: signature[:]}, err
}

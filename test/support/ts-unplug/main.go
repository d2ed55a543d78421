// Stands in for ts-unplug: a node by tsnet that passes a port of the loopback on to one machine of the tailnet, with the flags of the real one.
package main

import (
	"flag"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	"tailscale.com/tsnet"
)

func main() {
	dir := flag.String("dir", "", "state")
	port := flag.Int("port", 80, "port of the loopback")
	hostname := flag.String("hostname", "tsunplug", "name of the node")
	flag.Bool("debug-tsnet", false, "")
	flag.Parse()
	if *dir == "" || flag.NArg() != 1 {
		log.Fatal("usage: ts-unplug -dir DIR -port PORT [-hostname NAME] HOST[:PORT]")
	}
	remote := flag.Arg(0)
	if _, _, err := net.SplitHostPort(remote); err != nil {
		remote = net.JoinHostPort(remote, "80")
	}
	state := filepath.Clean(*dir)
	if err := os.MkdirAll(state, 0o700); err != nil {
		log.Fatal(err)
	}
	node := &tsnet.Server{Dir: state, Hostname: *hostname}
	defer node.Close()
	if err := node.Start(); err != nil {
		log.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: remote})
	proxy.Transport = &http.Transport{DialContext: node.Dial}
	proxy.FlushInterval = -1
	listener, err := net.Listen("tcp", net.JoinHostPort("localhost", strconv.Itoa(*port)))
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.Serve(listener, proxy))
}

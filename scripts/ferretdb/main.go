// Command ferretdb serves MongoDB's wire protocol on one address, over TLS where it is given a certificate, and keeps
// its data in PostgreSQL.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/FerretDB/FerretDB/ferretdb"
)

func main() {
	var listener ferretdb.ListenerConfig
	switch len(os.Args) {
	case 3:
		listener.TCP = os.Args[1]
	case 5:
		listener.TLS, listener.TLSCertFile, listener.TLSKeyFile = os.Args[1], os.Args[3], os.Args[4]
	default:
		fmt.Fprintln(os.Stderr, "usage: ferretdb HOST:PORT POSTGRESQL_URL [CERTIFICATE_FILE KEY_FILE]")
		os.Exit(2)
	}
	server, err := ferretdb.New(&ferretdb.Config{
		Listener:      listener,
		Handler:       "postgresql",
		PostgreSQLURL: os.Args[2],
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := server.Run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

package redispool

import "net"

// guard is a connection to a Redis that may be hostile. It checks the bytes that the
// peer sends before the client sees them: go-redis allocates what a reply declares,
// and parses nested replies by recursion. After a breach of the limits the connection
// is closed, and every read returns the same error.
type guard struct {
	net.Conn

	replies scanner
	breach  error
}

// Read implements net.Conn.
func (g *guard) Read(b []byte) (int, error) {
	if g.breach != nil {
		return 0, g.breach
	}
	n, err := g.Conn.Read(b)
	if breach := g.replies.scan(b[:n]); breach != nil {
		g.breach = breach
		_ = g.Close() // the client closes it too
		return 0, breach
	}
	return n, err
}

// Write implements net.Conn. The replies to a request may use the whole budget.
func (g *guard) Write(b []byte) (int, error) {
	g.replies.refill()
	return g.Conn.Write(b)
}

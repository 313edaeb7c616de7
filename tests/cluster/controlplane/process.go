package controlplane

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
)

// errEnded means that a program ended before it answered.
var errEnded = errors.New("ended")

// logTail is the number of bytes of a program's log that an error shows.
const logTail = 2000

// process is a program that serves on a loopback port.
type process struct {
	path    string
	args    []string
	log     string // path of its log
	address string
	health  string // URL path that answers 200 when it is ready
	client  *http.Client

	cmd  *exec.Cmd
	done chan struct{} // closed when cmd has ended
}

// start starts the program and waits until it answers.
func (p *process) start(ctx context.Context) error {
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	p.cmd = exec.Command(p.path, p.args...)
	p.cmd.Dir = filepath.Dir(p.log)
	p.cmd.Stdout, p.cmd.Stderr = log, log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // if the test is killed
	if err := p.cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", filepath.Base(p.path), err)
	}
	p.done = make(chan struct{})
	go func(cmd *exec.Cmd, done chan<- struct{}) {
		_ = cmd.Wait() // the log says why it ended
		close(done)
	}(p.cmd, p.done)

	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := poll(ctx, p.serves); err != nil {
		p.stop()
		return fmt.Errorf("%s: %w\n%s", filepath.Base(p.path), err, p.tail())
	}
	return nil
}

// stop kills the program. It does nothing if the program is not running.
func (p *process) stop() {
	if p.cmd == nil {
		return
	}
	_ = p.cmd.Process.Kill() // an error means that it has ended
	<-p.done
	p.cmd = nil
	p.client.CloseIdleConnections()
}

// serves returns nil once the program answers. The certificate proves that it is this
// program.
func (p *process) serves(ctx context.Context) error {
	select {
	case <-p.done:
		return fatal{errEnded}
	default:
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+p.address+"/"+p.health, http.NoBody)
	if err != nil {
		return err
	}
	response, err := p.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return errors.New(response.Status)
	}
	return nil
}

// tail returns the end of the program's log.
func (p *process) tail() []byte {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return []byte(err.Error())
	}
	return bytes.TrimSpace(text[max(0, len(text)-logTail):])
}

// freePort returns a loopback port on which nothing listens.
func freePort(ctx context.Context) (string, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return strconv.Itoa(listener.Addr().(*net.TCPAddr).Port), nil
}

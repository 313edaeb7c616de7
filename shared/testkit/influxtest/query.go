package influxtest

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"

	"kubejobs/shared/testkit/proctest"
)

// Series is one series of a query's result. Numbers are json.Number, times are
// Unix milliseconds.
type Series struct {
	Name    string            `json:"name"`
	Tags    map[string]string `json:"tags"`
	Columns []string          `json:"columns"`
	Values  [][]any           `json:"values"`
}

// CreateDatabase creates a database.
func (s *Server) CreateDatabase(name string) {
	s.tb.Helper()
	s.Exec("", `CREATE DATABASE "`+name+`"`)
}

// Exec runs a statement that changes something; database may be "".
func (s *Server) Exec(database, statement string) {
	s.tb.Helper()
	s.run(http.MethodPost, database, statement)
}

// Query runs a statement that reads, and returns all series of its result.
func (s *Server) Query(database, statement string) []Series {
	s.tb.Helper()
	return s.run(http.MethodGet, database, statement)
}

// run sends a statement, which must succeed.
func (s *Server) run(method, database, statement string) []Series {
	s.tb.Helper()
	query := url.Values{"db": {database}, "q": {statement}, "epoch": {"ms"}}
	ctx, cancel := context.WithTimeout(context.Background(), proctest.Patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, s.URL()+"/query?"+query.Encode(), http.NoBody)
	if err != nil {
		s.tb.Fatal(err)
	}
	if s.auth {
		r.SetBasicAuth(Admin, Password)
	}
	response, err := client.Do(r)
	if err != nil {
		s.tb.Fatalf("influxd: run %q: %v", statement, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		s.tb.Fatalf("influxd: run %q: %v", statement, err)
	}
	var answer struct {
		Error   string `json:"error"`
		Results []struct {
			Error  string   `json:"error"`
			Series []Series `json:"series"`
		} `json:"results"`
	}
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	if err := decoder.Decode(&answer); err != nil || answer.Error != "" || len(answer.Results) != 1 || answer.Results[0].Error != "" {
		s.tb.Fatalf("influxd: run %q: %d, %v: %s", statement, response.StatusCode, err, text)
	}
	return answer.Results[0].Series
}

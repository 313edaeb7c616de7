// Package adapter sends the ticks of the PingSources in an API server as Knative
// Eventing's adapter does: up to half a second late, at least once, and lost after six
// attempts.
package adapter

import (
	"context"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/robfig/cron/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

// PingSources is the resource of PingSources.
var PingSources = schema.GroupVersionResource{Group: "sources.knative.dev", Version: "v1", Resource: "pingsources"}

// statusTimeout bounds how long the adapter tries to write a status.
const statusTimeout = 10 * time.Second

// Options holds the options of an adapter.
type Options struct {
	// Config is that of a user who may watch PingSources and update their status.
	Config *rest.Config
	// Namespace, if set, is the only one whose PingSources tick.
	Namespace string
	// Resolve returns the URL of a sink. If it returns an error, the PingSource does
	// not tick until it is changed.
	Resolve func(Sink) (url string, err error)
	// Finalize, if positive, is how long a finalizer delays the deletion of each
	// PingSource. Knative's controller sets such a finalizer.
	Finalize time.Duration
	// NoJitter sends each tick without a random delay.
	NoJitter bool
}

// Adapter is a running adapter.
type Adapter struct {
	options    Options
	client     dynamic.Interface
	cron       *cron.Cron
	cancel     context.CancelFunc
	watcher    sync.WaitGroup
	finalizing sync.WaitGroup

	mu        sync.Mutex
	schedules map[types.NamespacedName]cron.EntryID
}

// Start starts an adapter that ends with the test. It also ticks the PingSources that
// exist already.
func Start(tb testing.TB, options Options) *Adapter {
	tb.Helper()
	client, err := dynamic.NewForConfig(options.Config)
	if err != nil {
		tb.Fatal(err)
	}
	parser := cron.NewParser(cron.SecondOptional | cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor)
	ctx, cancel := context.WithCancel(context.WithoutCancel(tb.Context()))
	a := &Adapter{
		options:   options,
		client:    client,
		cron:      cron.New(cron.WithParser(parser), cron.WithLocation(time.UTC)),
		cancel:    cancel,
		schedules: make(map[types.NamespacedName]cron.EntryID),
	}
	tb.Cleanup(a.Stop)
	a.cron.Start()
	a.watcher.Go(func() { a.watch(ctx) })
	return a
}

// Stop ends the adapter at once, like a crash: it aborts ticks in progress.
func (a *Adapter) Stop() {
	a.cancel()
	a.watcher.Wait()
	a.finalizing.Wait()
	<-a.cron.Stop().Done()
}

// Ticking reports whether the adapter has a schedule for a PingSource. Without one,
// only ticks that were due before still arrive.
func (a *Adapter) Ticking(namespace, name string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	_, ok := a.schedules[types.NamespacedName{Namespace: namespace, Name: name}]
	return ok
}

// watch follows the PingSources, also through outages of the API server.
func (a *Adapter) watch(ctx context.Context) {
	sources := a.client.Resource(PingSources).Namespace(a.options.Namespace)
	_, controller := cache.NewInformerWithOptions(cache.InformerOptions{
		ListerWatcher: cache.ToListWatcherWithWatchListSemantics(&cache.ListWatch{
			ListWithContextFunc: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
				return sources.List(ctx, options)
			},
			WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
				return sources.Watch(ctx, options)
			},
		}, a.client),
		ObjectType: &unstructured.Unstructured{},
		Handler: cache.ResourceEventHandlerFuncs{
			AddFunc: func(object any) {
				a.finalize(ctx, object.(*unstructured.Unstructured))
				a.schedule(ctx, object.(*unstructured.Unstructured))
			},
			UpdateFunc: func(before, after any) {
				a.finalize(ctx, after.(*unstructured.Unstructured))
				a.changed(ctx, before.(*unstructured.Unstructured), after.(*unstructured.Unstructured))
			},
			DeleteFunc: func(object any) {
				if missed, ok := object.(cache.DeletedFinalStateUnknown); ok {
					object = missed.Obj
				}
				a.remove(nameOf(object.(*unstructured.Unstructured)))
			},
		},
	})
	controller.RunWithContext(ctx)
}

// changed replaces the schedule after a change of more than the status.
func (a *Adapter) changed(ctx context.Context, before, after *unstructured.Unstructured) {
	if before.GetUID() == after.GetUID() && before.GetGeneration() == after.GetGeneration() {
		return
	}
	a.remove(nameOf(before))
	a.schedule(ctx, after)
}

// schedule adds the schedule of a PingSource and writes into its status whether that
// succeeded.
func (a *Adapter) schedule(ctx context.Context, object *unstructured.Unstructured) {
	if object.GetDeletionTimestamp() != nil {
		return
	}
	url, err := a.add(ctx, object)
	condition := map[string]any{
		"type": "Ready", "status": "True", "lastTransitionTime": time.Now().UTC().Format(time.RFC3339),
	}
	status := map[string]any{
		"observedGeneration": object.GetGeneration(), "sinkUri": url, "conditions": []any{condition},
	}
	if err != nil {
		condition["status"], condition["reason"], condition["message"] = "False", "NotFound", err.Error()
	}
	text, err := json.Marshal(map[string]any{"status": status})
	if err != nil {
		return // impossible: strings and a number
	}
	ctx, cancel := context.WithTimeout(ctx, statusTimeout)
	defer cancel()
	// Without the status, the schedule works all the same.
	_, _ = a.client.Resource(PingSources).Namespace(object.GetNamespace()).Patch(
		ctx, object.GetName(), types.MergePatchType, text, metav1.PatchOptions{FieldManager: "adapter"}, "status")
}

// add adds the schedule of a PingSource and returns the URL of its ticks.
func (a *Adapter) add(ctx context.Context, object *unstructured.Unstructured) (url string, err error) {
	s, err := parse(object)
	if err != nil {
		return "", err
	}
	url, err = a.options.Resolve(s.spec.Sink)
	if err != nil {
		return "", err
	}
	id, err := a.cron.AddFunc(s.cron(), func() { a.tick(ctx, s, url) })
	if err != nil {
		return url, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.schedules[s.name] = id
	return url, nil
}

func (a *Adapter) remove(name types.NamespacedName) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if id, ok := a.schedules[name]; ok {
		a.cron.Remove(id)
		delete(a.schedules, name)
	}
}

func nameOf(object *unstructured.Unstructured) types.NamespacedName {
	return types.NamespacedName{Namespace: object.GetNamespace(), Name: object.GetName()}
}

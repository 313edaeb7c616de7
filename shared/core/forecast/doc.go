// Package forecast estimates when a job will be done, with which probability it will be
// done in time, and how many replicas that takes.
//
// Only counts are known: how many items were completed and how many replicas worked at
// each tick. Replicas take one item after the other, so that each is a renewal process
// (Cox, Renewal Theory, 1962). The end of a job depends on the shape of item times as
// much as on their mean: the last items to finish are the longest of those that run. So
// the forecast is a mixture over twelve shapes (lognormal, exponential, Pareto), each
// weighed by a prior and by two likelihoods of the counts:
//   - the differences of neighbouring windows at dyadic widths, whose variance is the
//     Allan factor of the shape (Lowen and Teich, Fractal-Based Point Processes, 2005);
//   - the counts soon after the start, when all replicas begin an item at once, so that
//     the count is biased by m(u)-u, where m is the renewal function.
//
// Both are raised to a power below 1, the first one the more the more items there are,
// because no shape is the true one (coarsened posterior: Miller and Dunson, Robust
// Bayesian Inference via Coarsening, JASA 114, 2019). The renewal function is tabulated by
// a Riemann-Stieltjes recursion (Xie, Commun. Statist. Simul. Comput. 18, 1989; Tijms, A
// First Course in Stochastic Models, 2003, chapter 8).
//
// Given a shape, the items that wait are begun after a lognormal time, and each of the
// last ones then takes its residual life: the job is done when the slowest of them is.
// With the true shape alone the forecast is calibrated; what is lost is lost by
// not knowing the shape. CALIBRATION.md says how much that is.
//
// A change of rate looks like a heavy tail: both make distant counts differ. A shape
// that the former and the later part of a run contradict is therefore judged as if the rate
// had changed between them, at a price: comparisons across the change and counts after it
// do not count. Without that, a job that became three times as slow would be
// taken for one with huge items.
//
// The last counts after the start are those at 100 mean item times, in steps of √2, because
// the bias of heavy tails builds up slowly, and early ones are the most telling.
package forecast

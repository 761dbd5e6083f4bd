/// Bounds on what a peer, a disk or an operator can make this daemon do.
///
/// Each module extends this with its own, each with the reason for its number.
package enum Limits {}

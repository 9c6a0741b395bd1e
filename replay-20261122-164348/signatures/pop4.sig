# Faults of the Exchange MTA's transport module (POP4) that show when a transport is
# slow or lost.  The number behind a thread's name varies with the configuration: it
# is # in a tag.

signature Q152897
  title    "Queued messages share an identifier, so the MTA shuts the transport session"
  weight   conclusive
  product  "Exchange Server 4.0 (5.0, 5.5 listed)"
  fixed    "Exchange Server 4.0 SP2"
  trigger  "the MTA is backed up and its transport connection is lost; two queued messages then carry one internal identifier"
  wire     abort tcp-close stall
  advice   "Update the MTA; until then messages hang until one of the duplicates leaves the queue."
  event 4282 code 8453 text "Interface protocol 131 was violated" tag "POP4 MAIN BASE # 18"
  event 4283 code 8464 text "Unable to recogni[sz]e an internal message identifier|Bad LPIs in message" tag "POP4 POP4 UP # 228"
  event 4284 code 8511 text "connection/disconnection" tag "POP4 POP4 DOWN # 179"
  event 4287 code 8650 text "Internal error in POP4|internal (MTA )?(error )?occurred" tag "POP4 POP4 DOWN # 18"
  unless event 1209
  unless event 1198

signature Q175354
  title    "The WAN link is down while mail is queued"
  weight   inconclusive
  product  "Exchange Server 4.0, 5.0, 5.5"
  trigger  "the pair repeats at the open interval of the connector while the next MTA cannot be reached"
  wire     tcp-refused tcp-timeout
  advice   "A network problem, not a fault of the MTA: look at the link."
  event 4284 code 8511 text "connection/disconnection" tag "POP4 POP4 DOWN # 179" as down
  event 4287 code 8640 text "Internal error in POP4|internal (MTA )?(error )?occurred" tag "POP4 POP4 DOWN # 18" as internal
  repeat down then internal every 10s to 2h times 3 optional

signature Q232602
  title    "Associations are not recovered after a network disruption; the MTA needs a restart"
  weight   conclusive
  product  "Exchange Server 5.5"
  fixed    "Exchange Server 5.5 SP3 (MTA 5.5.2614.0)"
  trigger  "the network is disrupted while messages are queued, and comes back"
  wire     gone stall
  advice   "Update the MTA; until then restart it once the network is back."
  event 4284 code 8511 text "connection/disconnection" tag "POP4 POP4 DOWN # 179"
  event 4287 code 8640 text "Internal error in POP4|internal (MTA )?(error )?occurred" tag "POP4 POP4 DOWN # 18"
  event 2035 text "Lost connections to locality"
  event 1209 text "invalid source LPI|Invalid LPI is|incorrect LPI"

signature Q236586
  title    "A loaded slow link stalls the MTA: mail flow stops"
  weight   conclusive
  product  "Exchange Server 5.5"
  fixed    "Exchange Server 5.5 SP3 (MTA 5.5.2646.0)"
  trigger  "particularly loaded slow links and very slow response times"
  wire     stall
  advice   "Update the MTA; until then move the slow link to an MTA of its own."
  event 4287 code 8640 text "Internal error in POP4|internal (MTA )?(error )?occurred"
  calls text "POP4 DOWN.*stalled on send to q/loc"

signature 284374
  title    "Two X.25 connectors, one link dead: the MTA drowns in timer events"
  weight   supporting
  product  "Exchange 2000"
  fixed    "Exchange 2000 SP1"
  trigger  "two X.25 connectors, one of them over a dead link; each timer event handled makes two new ones"
  wire     tcp-refused stall
  advice   "Update the MTA (Exchange 2000 SP1); until then disable the connector of the dead link."
  event 4287 code 8650 text "Internal error in POP4|internal (MTA )?(error )?occurred" tag "POP4 POP4 DOWN # 18"
  unless event 4282
  unless event 4283
  unless event 4284

signature Q264329
  title    "All X.25 connectors stop when the driver fails one listen call"
  weight   conclusive
  product  "Exchange Server 5.5"
  fixed    "Exchange Server 5.5 SP4"
  trigger  "two or more X.25 stacks, one link down; no event is logged"
  wire     gone
  advice   "Update the MTA (Exchange Server 5.5 SP4); until then restart it."
  silent

signature Q266792
  title    "An unknown internal message identifier"
  weight   inconclusive
  product  "Exchange Server 5.5 SP3 and later"
  fixed    "Exchange Server 5.5 SP4"
  trigger  "many X.400 connections, some of them slow"
  wire     stall
  advice   "Event 4283 alone is no evidence; look whether the MTA hangs, then update it (Exchange Server 5.5 SP4)."
  event 4283 code 8464 or 8465 text "Unable to recogni[sz]e an internal message identifier|Bad LPIs in message" tag "POP4 POP4 UP # 228"

signature Q319936
  title    "A call that timed out is answered after all, and its handle is unknown"
  weight   conclusive
  product  "Exchange Server 5.5 SP4"
  fixed    "update after SP4 (MTA 6.0.2656.20)"
  trigger  "an incoming connection times out in the socket layer before the MTA gets its answer: the host is too slow"
  wire     tcp-timeout tcp-close
  advice   "Take the MTA update made after Exchange Server 5.5 SP4; give the host more room."
  event 4258 text "LPI.? ?=? ?(?<lpi>[0-9]+-[0-9]+-[0-9]+).*Close Request" as close
  event 4283 code 8464 or 8465 text "(Bad LPI|[(]LP[1I][)]) (?<lpi>[0-9]+-[0-9]+-[0-9]+).*Error code" tag "POP4 POP4 UP # 228" as bad
  sequence close then bad same lpi within 10min

signature Q188040
  title    "An error after flow control has set in makes the MTA disconnect"
  weight   supporting
  product  "Exchange Server 5.5"
  fixed    "a later Exchange Server 5.5 service pack"
  trigger  "the socket layer returns an error after flow control between the two MTAs has set in"
  wire     tcp-close
  advice   "Update the MTA to the newest service pack."
  event 2004 text "unknown event/error.*255" strings "\\b255\\b"
  line text "command was sent at the network services interface.*NDATA request|NDATA request" optional

signature Q306959
  title    "Connectors name their peer by host name; mail sticks when a connection is lost"
  weight   conclusive
  product  "Exchange Server 4.0, 5.0, 5.5"
  trigger  "a connection is lost while connectors name their peer by host name"
  wire     stall tcp-close
  advice   "Enter IP addresses in the connectors."
  event 4282 code 8453 text "Interface protocol 131 was violated"
  event 4283 code 8464 text "Unable to recogni[sz]e an internal message identifier|Bad LPIs in message"
  event 4284 code 8511 text "connection/disconnection"
  event 4287 code 8650 text "Internal error in POP4|internal (MTA )?(error )?occurred"
  event 1209
  event 1198 text "state check failure"

signature Q170471
  title    "Mail expires: the peer was unreachable for long, or the names of the MTA or connector are wrong"
  weight   supporting
  product  "Exchange Server 4.0, 5.0, 5.5"
  trigger  "wrong MTA or connector names, or a peer that was unreachable for the expiry time"
  wire     report tcp-refused
  advice   "Compare the names on both sides; look why the peer could not be reached."
  event 4284 code 8511 text "connection/disconnection" tag "POP4 POP4 DOWN # 179"
  event 290 text "unable-to-transfer.*maximum-time-expired|maximum-time-expired" strings "maximum-time-expired"

signature Q243632.4300
  title    "The MTA does not start: more control blocks configured than its pool holds"
  article  "Q243632 Q168815"
  weight   conclusive
  product  "Exchange Server 4.0, 5.0, 5.5"
  trigger  "a control block value in the registry is beyond the limit of the pool"
  wire     gone
  advice   "Lower the number of control blocks to the limit of the version."
  event 4300 text "bad configuration" tag "POP4 MAIN BASE" hint "1 POP4 MAIN BASE 1"

signature Q152945
  title    "Two threads release one connection block"
  weight   conclusive
  product  "Exchange Server 4.0 (5.x listed)"
  fixed    "Exchange Server 4.0 SP3"
  trigger  "severe network trouble, a router that is dead for a time"
  wire     gone tcp-close
  advice   "Update the MTA (Exchange Server 4.0 SP3)."
  event 9405 text "Exception c0000005" strings "c0000005.*POP4 DOWN|POP4 DOWN.*c0000005" tag "BASE POP4 DOWN"

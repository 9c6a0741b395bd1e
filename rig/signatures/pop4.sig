# Faults of the Exchange MTA's transport module that show when a transport is
# slow or lost.  Numbers in tags vary with the configuration: they are hints.

signature Q152897
  title    "Queued messages share an identifier, so the MTA shuts the transport session"
  weight   conclusive
  product  "Exchange Server 4.0"
  fixed    "Exchange Server 4.0 SP2"
  trigger  "the MTA is backed up and its transport connection is lost"
  advice   "Update the MTA; until then messages hang until one of the duplicates leaves the queue."
  event 4282 code 8453 text "interoperability error occurred.*Interface protocol 131 was violated" tag "POP4 MAIN BASE"
  event 4283 code 8464 text "Unable to recognize an internal message identifier|Bad LPIs in message" tag "POP4 POP4 UP"
  event 4284 code 8511 text "error has occurred during connection/disconnection" tag "POP4 POP4 DOWN"
  event 4287 code 8650 text "An internal MTA (error )?occurred" tag "POP4 POP4 DOWN4"
  unless event 1209
  unless event 1198

signature Q236586
  title    "A loaded slow link stalls the MTA: mail flow stops"
  weight   conclusive
  product  "Exchange Server 5.5"
  fixed    "Exchange Server 5.5 SP3"
  trigger  "particularly loaded slow links and very slow response times"
  advice   "Update the MTA; until then move the slow link to an MTA of its own."
  event 4287 code 8640 text "internal (MTA )?error|Internal error in POP4"
  calls text "POP4 DOWN.*stalled on send to q/loc"

signature Q175354
  title    "The WAN link is down while mail is queued"
  weight   inconclusive
  product  "Exchange Server 4.0, 5.0, 5.5"
  trigger  "the pair repeats at the open interval while the next MTA cannot be reached"
  advice   "A network problem, not a fault of the MTA: look at the link."
  event 4284 code 8511
  event 4287 code 8640

signature Q306959
  title    "Connectors are set up with names instead of addresses; mail sticks when a connection is lost"
  weight   conclusive
  product  "Exchange Server 4.0, 5.0, 5.5"
  trigger  "connection lost while connectors name their peer by host name"
  advice   "Enter IP addresses in the connectors."
  event 4282 code 8453
  event 4283 code 8464
  event 4284 code 8511
  event 4287 code 8650
  event 1209
  event 1198

signature Q266792
  title    "An unknown internal message identifier"
  weight   inconclusive
  product  "Exchange Server 5.5"
  fixed    "Exchange Server 5.5 SP4"
  trigger  "many X.400 connections, some of them slow"
  advice   "Event 4283 alone is no evidence; look whether the MTA hangs."
  event 4283

signature Q169143
  title    "A socket was closed by the other side"
  weight   harmless
  product  "Exchange Server 4.0, 5.0, 5.5"
  trigger  "any end of a connection"
  advice   "Expected with every close, clean or dirty."
  event 9221 text "10054"

signature Q170007
  title    "The peer closed a connection before recovery was complete"
  weight   harmless
  product  "Exchange Server 4.0, 5.0, 5.5"
  trigger  "the peer closes during association recovery"
  advice   "By design: a new association is made."
  event 9224 text "10053"

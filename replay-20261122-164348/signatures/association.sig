# Session, presentation, the association kernel and RTSE.

signature Q152877.1004
  title    "An association failed and its control block is not idle again"
  article  "Q152877"
  weight   supporting
  product  "Exchange Server 4.0"
  fixed    "Exchange Server 4.0 SP2"
  trigger  "the network goes up and down; the kernel control block does not return to idle after a failed open"
  wire     tcp-close
  advice   "Update the MTA (Exchange Server 4.0 SP2); steady the link."
  event 1004 text "processing an association" tag "PLATFORM KERNEL"

signature Q152877.1008
  title    "An association failed, its entity unknown"
  article  "Q152877"
  weight   supporting
  product  "Exchange Server 4.0"
  fixed    "Exchange Server 4.0 SP2"
  trigger  "the network goes up and down; the kernel control block does not return to idle after a failed open"
  wire     tcp-close
  advice   "Update the MTA (Exchange Server 4.0 SP2); steady the link."
  event 1008 text "processing an association" tag "PLATFORM KERNEL"

signature Q152877.1277
  title    "A transport connection begun by the peer was refused"
  article  "Q152877"
  weight   supporting
  product  "Exchange Server 4.0"
  fixed    "Exchange Server 4.0 SP2"
  trigger  "the network goes up and down; the kernel control block does not return to idle after a failed open"
  wire     tcp-refused tcp-close
  advice   "Update the MTA (Exchange Server 4.0 SP2); steady the link."
  event 1277 text "remotely initiated transport connection" tag "PLATFORM KERNEL"

signature Q152877
  title    "The network cycles and kernel control blocks are lost"
  weight   conclusive
  product  "Exchange Server 4.0"
  fixed    "Exchange Server 4.0 SP2"
  trigger  "the network goes up and down; the kernel control block does not return to idle after a failed open"
  wire     tcp-close
  advice   "Update the MTA (Exchange Server 4.0 SP2); steady the link."
  event 1004 text "processing an association" tag "PLATFORM KERNEL"
  event 1277 text "remotely initiated transport connection"
  event 1198 text "state check failure"
  event 1008 text "processing an association" optional

signature Q152877.1198
  title    "A presentation service came in a state that has no use for it"
  article  "Q152877 Q306959"
  weight   supporting
  product  "Exchange Server 4.0, 5.0, 5.5"
  trigger  "the network goes up and down, or connectors name their peer by host name"
  wire     abort tcp-close
  advice   "Look for the events around it: 1004 and 1277, or 4282 to 4287."
  event 1198 text "state check failure" tag "PLATFORM KERNEL"

signature Q152901
  title    "An unknown message identifier came from a peer, again and again"
  weight   supporting
  product  "Exchange Server 4.0"
  trigger  "repeated; the article tells of site connectors"
  wire     abort
  advice   "Update the MTA."
  event 1209 text "internal message identifier [(]LP[I1][)] from entity|incorrect LPI is"

signature Q151626.1279
  title    "The peer dropped the transport connection after it was confirmed"
  article  "Q151626"
  weight   supporting
  product  "Exchange Server 4.0"
  trigger  "the peer does not like our TPKT: its reserved octet was not 0"
  wire     tcp-close
  advice   "Look at the peer, and at the TPKT headers on the wire."
  event 1279 text "Remote initiation of Transport Disconnection" tag "PLATFORM KERNEL # 94"

signature Q194031
  title    "Recovery of a connection fails in RTSE; queues grow and nothing is delivered"
  weight   conclusive
  product  "Exchange Server 5.5 SP1"
  fixed    "Exchange Server 5.5 SP2 (build 2410)"
  trigger  "an association is recovered after a loss in mid-transfer"
  wire     refused stall abort
  advice   "Update the MTA (Exchange Server 5.5 SP2)."
  event 1133 text "reliable transport service element.*Current state 25.{0,3}Service type 5.{0,3}Service flavor 20|RTSE.*state 25.*type 5.*flavor 20" strings "\\b25\\b.*\\b5\\b.*\\b20\\b" tag "PLATFORM RTSE # 164"
  event 1293 text "remotely-initiated association.*was refused"

signature Q196381.1293
  title    "An association begun by the peer was refused"
  article  "Q196381 Q194031"
  weight   supporting
  product  "Exchange Server 5.5"
  trigger  "the caller's address fits no connector, or it recovers a connection"
  wire     refused
  advice   "Compare the address of the caller with that of the connector."
  event 1293 text "remotely-initiated association.*was refused" tag "PLATFORM KERNEL # 128"

signature Q196381.1290
  title    "The peer refused our association"
  article  "Q196381"
  weight   supporting
  product  "Exchange Server 4.0, 5.0, 5.5"
  trigger  "the peer does not know us by this name or address"
  wire     refused
  advice   "Compare names, passwords and addresses with what the peer has entered."
  event 1290 text "locally.initiated association.*was refused" tag "PLATFORM KERNEL # 130"

signature Q196381.289
  title    "A connection could not be opened"
  article  "Q196381 Q257727 Q253307"
  weight   inconclusive
  product  "Exchange Server 4.0, 5.0, 5.5"
  trigger  "the peer is down, or the line is poor"
  wire     tcp-refused tcp-timeout
  advice   "Look at the link; on poor lines lower checkpoint size and window, raise the disconnect time."
  event 289 text "could not be opened" tag "MTA XFER-IN # 26"

signature Q196381.1294
  title    "An association ended abnormally"
  article  "Q196381 Q257727 Q253307"
  weight   inconclusive
  product  "Exchange Server 4.0, 5.0, 5.5"
  trigger  "an association was aborted: poor network"
  wire     abort tcp-close
  advice   "Look at the link; on poor lines lower checkpoint size and window, raise the disconnect time."
  event 1294 text "ended abnormally" tag "PLATFORM KERNEL # 130"

signature Q257727
  title    "Mail is slow: associations fail to open and break on a poor line"
  article  "Q257727 Q253307"
  weight   supporting
  product  "Exchange Server 4.0, 5.0, 5.5"
  trigger  "a poor or loaded line"
  wire     abort tcp-refused tcp-close
  advice   "Lower the checkpoint size to 10 and the window to 3, raise the disconnect time to 360 s, on both sides."
  event 289 text "could not be opened"
  event 1294 text "ended abnormally"

signature Q196381
  title    "The caller and the MTA do not agree on address or name"
  weight   supporting
  product  "Exchange Server 5.5"
  trigger  "the address of the caller is not the one in the connector"
  wire     refused
  advice   "Enter the address that the caller really has; enter an override where it has several."
  event 1290 text "locally.initiated association.*was refused"
  event 289 text "could not be opened"
  event 1294 text "ended abnormally"

signature Q189753
  title    "A large checkpoint and a message of an unlucky size break the decoder of RTSE"
  weight   conclusive
  product  "Exchange Server 5.5"
  fixed    "Exchange Server 5.5 SP2"
  trigger  "the sender uses checkpoints of 64 K and a message of an unlucky size"
  wire     abort
  advice   "Update the MTA (Exchange Server 5.5 SP2); until then let the sender use checkpoints of 15 K."
  event 1136 text "decode failure.*Node label:? Pusep|Pusep" strings "Pusep" tag "PLATFORM RTSE # 151"

signature Q240383
  title    "The bind cannot be decoded: a password on one side only, or in another case"
  weight   supporting
  product  "Exchange Server 5.5"
  trigger  "an MTA password is set on one side and missing or written otherwise on the other"
  wire     refused abort
  advice   "Enter the same password on both sides, letter by letter."
  event 1192 text "presentation error.*ASN[.]1 decode failure|decode failure"

signature Q196852
  title    "A truncated checkpoint is taken for a fatal error, and the MTA stops"
  weight   conclusive
  product  "Exchange Server 5.0, 5.5"
  fixed    "5.0.1461.76; Exchange Server 5.5 SP3"
  trigger  "the peer sends a checkpoint that is shorter than it says"
  wire     gone abort
  advice   "Update the MTA (5.0.1461.76 or Exchange Server 5.5 SP3)."
  event 2051 text "Illegal get from element" strings "RTSE" tag "BASE RTSE # 70"

signature Q140958
  title    "No explicit dialogue mode: mail goes one way only or not at all"
  weight   inconclusive
  product  "Exchange Server 4.0"
  fixed    "Exchange Server 4.0 SP2"
  trigger  "the peer leaves the dialogue mode of RT-OPEN out"
  wire     refused
  advice   "Update the MTA (4.0 SP2); until then use two-way alternate on both sides."
  event 1153

signature Q185934
  title    "The window is negotiated down to 3 whatever is configured"
  weight   conclusive
  product  "Exchange Server 5.0, 5.5"
  fixed    "Exchange Server 5.5 SP2"
  trigger  "any peer"
  wire     stall
  advice   "Update the MTA (Exchange Server 5.5 SP2), or reckon with a window of 3."
  silent

signature Q189754
  title    "An absent window size is answered with 5, and the peer aborts"
  weight   conclusive
  product  "Exchange Server 5.5"
  trigger  "the peer leaves the window size of RT-OPEN out, which means 3"
  wire     abort refused
  advice   "Ask for the update, or let the peer send its window size."
  silent

signature Q166594
  title    "Both sides believe that the other has the turn; nothing is sent"
  weight   conclusive
  product  "Exchange Server 4.0, 5.0"
  trigger  "the turn is given and lost with its association, which is then recovered"
  wire     stall
  advice   "Update the MTA; until then lower the threshold for further associations."
  silent

signature Q140956
  title    "The MTA aborts an association that is only silent"
  weight   conclusive
  product  "Exchange Server 4.0"
  fixed    "Exchange Server 4.0 SP2"
  trigger  "long silence in a state that allows it"
  wire     abort
  advice   "Update the MTA (Exchange Server 4.0 SP2)."
  silent

signature Q169691
  title    "The slowest connection stalls the others"
  weight   conclusive
  product  "Exchange Server 4.0, 5.0"
  trigger  "several X.400 links over TCP, some of them slow; flow control sits above the sockets"
  wire     stall
  advice   "Update the MTA: flow control is then left to the sockets."
  silent

signature 281744
  title    "A foreign MTA that echoes bind information is taken for an Exchange 2000 MTA"
  weight   inconclusive
  product  "Exchange 2000"
  fixed    "Exchange 2000 SP1 (6.0.4418.40)"
  trigger  "the peer repeats the Exchange specific part of the bind"
  wire     tcp-close
  advice   "Update the MTA (Exchange 2000 SP1), or keep the peer from echoing it."
  event 668

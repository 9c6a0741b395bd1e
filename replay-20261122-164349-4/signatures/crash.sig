# Crashes and hangs that go with the network or with association handling.

signature Q152941
  title    "The MTA dies on a slow or bursty network: its heap is damaged"
  weight   conclusive
  product  "Exchange Server 4.0"
  fixed    "build after 4.0 SP2 (994.2)"
  trigger  "many associations are opened and closed on a poor network"
  wire     gone tcp-reset
  advice   "Update the MTA (the build after SP2, 994.2)."
  event 9405 text "Exception e0020002|Exception c0000005" strings "(e0020002|c0000005).*DRVR|DRVR.*(e0020002|c0000005)" tag "BASE TCP/IP DRVR"

signature Q154301
  title    "A connection block is closed by a thread it does not belong to: X.400 over a slow link"
  weight   conclusive
  product  "Exchange Server 4.0"
  fixed    "Exchange Server 4.0 SP3"
  trigger  "X.400 over a slow link"
  wire     gone
  advice   "Update the MTA (Exchange Server 4.0 SP3)."
  event 9405 text "SBPDSCLS:? ?CB TID ?= ?1" strings "SBPDSCLS:? ?CB TID ?= ?1"

signature Q157701
  title    "A connection block is closed by the wrong thread"
  weight   conclusive
  product  "Exchange Server 4.0"
  fixed    "Exchange Server 4.0 SP4"
  trigger  "a control block is closed by another thread than the one that made it"
  wire     gone
  advice   "Update the MTA (Exchange Server 4.0 SP4)."
  event 9405 text "SBPDSCLS:? ?CB TID ?= ?0" strings "SBPDSCLS:? ?CB TID ?= ?0"
  event 9225 text "Bad message type" optional

signature Q276222
  title    "The MTA dies: a socket cannot be found"
  weight   conclusive
  product  "Exchange Server 5.5 SP3, SP4"
  fixed    "5.5.2654.22"
  trigger  "many sockets; an object with a bad control block index"
  wire     gone
  advice   "Take the update 5.5.2654.22."
  event 9405 text "Failed to find socket" strings "Failed to find socket" tag "BASE TCP/IP DRVR"
  event 9202 text "accept" optional

signature Q152947
  title    "A deadlock is suspected: a message for a freed block meets a new connection"
  weight   conclusive
  product  "Exchange Server 4.0"
  fixed    "Exchange Server 4.0 SP3"
  trigger  "a close races with a new connection"
  wire     gone
  advice   "Update the MTA (Exchange Server 4.0 SP3)."
  event 9405 text "suspected deadlock" strings "suspected deadlock"

signature Q152951
  title    "The heap is damaged by incoming connections that are badly configured"
  weight   conclusive
  product  "Exchange Server 4.0"
  fixed    "Exchange Server 4.0 SP3"
  trigger  "many connections are begun and broken off at a connector that does not fit"
  wire     gone
  advice   "Correct the connector; update the MTA (Exchange Server 4.0 SP3)."
  line text "SBPDSACP"

signature Q254943
  title    "The MTA runs out of semaphores"
  weight   conclusive
  product  "Exchange Server 5.0"
  fixed    "5.0.1462.10"
  trigger  "long use under load"
  wire     gone
  advice   "Take the update 5.0.1462.10; until then restart the MTA."
  event 9405 text "Out of Semaphores" strings "Out of Semaphores"
  calls text "owns semaphore" optional

signature Q152876
  title    "A connector was deleted while one of its blocks was in use"
  weight   conclusive
  product  "Exchange Server 4.0"
  fixed    "Exchange Server 4.0 SP2"
  trigger  "a connector is deleted"
  wire     gone
  advice   "Update the MTA (Exchange Server 4.0 SP2)."
  event 9405 text "Exception c0000005" strings "c0000005.*OPERATOR|OPERATOR.*c0000005" tag "BASE OPERATOR"

signature Q152900
  title    "Too many control blocks are processed in one thread"
  weight   supporting
  product  "Exchange Server 4.0"
  fixed    "Exchange Server 4.0 SP2"
  trigger  "repeated"
  wire     none
  advice   "Update the MTA (Exchange Server 4.0 SP2)."
  event 248 text "Too many ECBs"

signature Q140945
  title    "A configuration error is taken for a fatal one"
  weight   inconclusive
  product  "Exchange Server 4.0"
  fixed    "Exchange Server 4.0 SP2"
  trigger  "an entity is configured again"
  wire     none
  advice   "Update the MTA (Exchange Server 4.0 SP2)."
  event 251 text "Entity control block reassigned|control block reassigned"

signature Q169645
  title    "The MTA ended itself"
  weight   inconclusive
  product  "Exchange Server 4.0, 5.0, 5.5"
  trigger  "housekeeping at the end of the process"
  wire     gone
  advice   "No fault by itself: look for the event before it."
  event 9996 text "ExitProcess called" strings "ExitProcess"

signature Q269158
  title    "The MTA hangs on an inbound message whose index is exceeded"
  weight   conclusive
  product  "Exchange Server 5.5"
  fixed    "Exchange Server 5.5 SP4"
  trigger  "a certain inbound message"
  wire     stall
  advice   "Update the MTA (Exchange Server 5.5 SP4); move the message away."
  line text "onpugtck.*oppkaget.*ospadeco"

signature Q263567
  title    "The MTA hangs when a connector to a peer with several names is removed"
  weight   conclusive
  product  "Exchange Server 5.5"
  fixed    "Exchange Server 5.5 SP4"
  trigger  "a connector is removed on a peer that has more than one computer name"
  wire     stall
  advice   "Update the MTA (Exchange Server 5.5 SP4)."
  silent

signature Q260167
  title    "A long series of failed connects uses up connection resources"
  weight   conclusive
  product  "Exchange Server 5.5"
  fixed    "Exchange Server 5.5 SP4"
  trigger  "very many connection failures"
  wire     stall gone
  advice   "Update the MTA (Exchange Server 5.5 SP4); until then restart it."
  silent

signature 904712
  title    "The operating system loses read indications: mail arrives only after a restart"
  weight   conclusive
  product  "Windows 2000 SP4 rollup (Afd.sys 5.0.2195.7036)"
  trigger  "that version of the socket driver"
  wire     stall
  advice   "Install the hotfix of the operating system."
  silent

# The socket drivers below: TCP (RFC 1006), TP4, X.25, and RPC to other servers.
# 10054 reset, 10060 timed out, 10061 refused, 10051 no route, 10053 aborted here.

signature Q193380.9202
  title    "accept() gave no usable connection"
  article  "Q193380 Q276222"
  weight   inconclusive
  product  "Exchange Server 4.0, 5.0, 5.5"
  trigger  "an inbound caller fits no connector; or, with 9405, before a crash"
  wire     tcp-close
  advice   "Look for 9301: is the caller one that a connector names?"
  event 9202 text "accept[(][)] call|accept.{0,8}socket" tag "BASE IL TCP/IP DRVR # 256"

signature Q170056.9215
  title    "The peer refuses connections"
  article  "Q170056"
  weight   inconclusive
  product  "Exchange Server 5.5"
  trigger  "the peer is down or does not listen"
  wire     tcp-refused
  advice   "By design: look whether the peer runs and listens on its port."
  event 9215 text "error:? 10061" strings "10061" tag "BASE IL TCP/IP DRVR # 274"

signature Q152941.9215
  title    "The peer does not answer, or there is no way to it"
  article  "Q152941 Q154301"
  weight   inconclusive
  product  "Exchange Server 4.0"
  trigger  "a slow network, or one that comes and goes"
  wire     tcp-timeout tcp-refused
  advice   "Look at the network; if 9405 follows, update the MTA."
  event 9215 text "error:? 10060|error:? 10051" strings "10060|10051" tag "BASE IL TCP/IP DRVR # 274"

signature Q164400
  title    "The address of a TP4 connector is not the one of the peer"
  weight   supporting
  product  "Exchange Server 4.0, 5.0, 5.5"
  trigger  "the NSAP of the connector does not match the peer"
  wire     tcp-refused
  advice   "Enter the NSAP that the peer has."
  event 9215 text "sockets error 10022" strings "10022" tag "BASE IL TP4 DRIVER # 273"

signature Q169143
  title    "A socket was closed by the other side"
  weight   harmless
  product  "Exchange Server 4.0, 5.0, 5.5"
  trigger  "any end of a connection, clean or not"
  wire     tcp-close tcp-reset
  advice   "Expected with every close."
  event 9221 text "10054" strings "10054" hint "BASE IL TCP/IP DRVR # 262"

signature Q162674
  title    "Only a short host name is configured, and the connect fails"
  weight   inconclusive
  product  "Exchange Server 4.0, 5.0, 5.5"
  trigger  "the connector has a host name that does not resolve to the peer"
  wire     tcp-refused
  advice   "Enter the full name or the address."
  event 9221 text "10054" strings "10054"
  event 9215 text "sockets error"

signature Q152941.9224
  title    "A send failed: the connection was reset"
  article  "Q152941 Q154301"
  weight   inconclusive
  product  "Exchange Server 4.0"
  trigger  "a slow or unreliable link"
  wire     tcp-reset
  advice   "Look at the link; if 9405 follows, update the MTA."
  event 9224 text "sockets error 10054|Socket error 10054" strings "10054" tag "BASE IL TCP/IP DRVR # 272"

signature Q170007
  title    "The peer closed a connection before recovery was complete"
  weight   harmless
  product  "Exchange Server 4.0, 5.0, 5.5"
  trigger  "the peer closes while an association is recovered over TP4"
  wire     tcp-close
  advice   "By design: a new association is made."
  event 9224 text "10053" strings "10053"

signature Q157701.9225
  title    "A message for a socket in a state that has no use for it"
  article  "Q157701"
  weight   supporting
  product  "Exchange Server 4.0"
  fixed    "Exchange Server 4.0 SP4"
  trigger  "a control block is closed by another thread than the one that made it"
  wire     tcp-close
  advice   "Update the MTA (Exchange Server 4.0 SP4)."
  event 9225 text "Bad message type [0-9]+ for socket (control block|CB)"

signature Q151626
  title    "The peer drops connections that are still being made, for the sake of a TPKT octet"
  weight   conclusive
  product  "Exchange Server 4.0"
  trigger  "the TPKT's reserved octet is not 0 and the peer insists"
  wire     tcp-close
  advice   "Let the peer ignore the reserved octet (RFC 1006 section 6); look at the TPKT headers."
  event 9236 text "Receive socket closed" tag "BASE IL TCP/IP DRVR # 262"
  event 9225 text "Bad message type 769 for socket"
  event 2036 text "Lost connections to locality"
  event 1279 text "Transport Disconnection" optional

signature Q151626.9225
  title    "The peer disconnected while the connection was being made"
  article  "Q151626"
  weight   supporting
  product  "Exchange Server 4.0"
  trigger  "the peer closes before the connect is complete"
  wire     tcp-close
  advice   "Look at the peer."
  event 9225 text "Bad message type 769 for socket"

signature Q151626.9236
  title    "The peer closed the connection behind the transport confirm"
  article  "Q151626"
  weight   inconclusive
  product  "Exchange Server 4.0"
  trigger  "the peer closes after T-CONNECT-CONFIRM"
  wire     tcp-close
  advice   "Look at the peer and at the TPKT headers."
  event 9236 text "Receive socket closed"

signature Q151626.2036
  title    "Connections to a server were lost"
  article  "Q151626"
  weight   inconclusive
  product  "Exchange Server 4.0"
  trigger  "follows the loss of a transport connection"
  wire     tcp-close
  advice   "Look for the event before it."
  event 2036 text "Lost connections to locality"

signature Q193380.9301
  title    "A caller from an address that no connector names"
  article  "Q193380 Q197378 Q189345 Q234962 Q169113"
  weight   supporting
  product  "Exchange Server 4.0, 5.0, 5.5"
  trigger  "reverse lookup fails, or the caller has several addresses"
  wire     refused tcp-close
  advice   "Enter the address of the caller, or the override for it; the number in the event is its address in hexadecimal."
  event 9301 text "network address.*could not be found|network address [0-9A-F]{8}" tag "BASE IL TCP/IP DRVR # 218"

signature Q193380
  title    "An unknown caller was turned away"
  article  "Q193380"
  weight   supporting
  product  "Exchange Server 4.0, 5.0, 5.5"
  trigger  "reverse lookup fails, or the caller has several addresses"
  wire     refused tcp-close
  advice   "Enter the address of the caller, or the override for it."
  event 9301 text "network address"
  event 9202 text "accept[(][)] call|accept.{0,8}socket"

signature Q165017
  title    "A transport type of a directory entry is not supported"
  weight   harmless
  product  "Exchange Server 4.0, 5.0, 5.5"
  trigger  "start of the MTA"
  wire     none
  advice   "For information only."
  event 9302 text "transport configuration type"

signature Q193894
  title    "No control blocks are free"
  article  "Q193894 Q229643 Q200259 Q166602 Q243632 Q230497"
  weight   supporting
  product  "Exchange Server 4.0, 5.0, 5.5"
  fixed    "Exchange Server 5.5 SP2 (2410), SP3 (2590)"
  trigger  "too few are configured, or they leak: after failed connects on a dead network, when the peer recovers while a turn is asked for, or when the disconnect timer fires before the connect is given up"
  wire     tcp-refused tcp-timeout
  advice   "Watch whether the count falls while the network is down: if so, update (5.5 SP2, SP3) and set the disconnect time to 360 s or more; if not, configure more."
  event 9156 text "no free control blocks|resource limit has been reached" tag "# 282"

signature Q230497
  title    "Control blocks ran out, and mail was returned"
  article  "Q230497 Q193894"
  weight   conclusive
  product  "Exchange Server 5.5"
  fixed    "Exchange Server 5.5 SP2"
  trigger  "repeated failed connects use up the control blocks; messages expire"
  wire     report tcp-refused
  advice   "Update the MTA (Exchange Server 5.5 SP2 or later) and restart it."
  event 9156 text "no free control blocks|resource limit has been reached"
  event 290 text "MTS-congestion" strings "MTS-congestion"

signature Q168815
  title    "The MTA cannot start: too few control blocks for a stack"
  weight   conclusive
  product  "Exchange Server 4.0, 5.0, 5.5"
  trigger  "fewer than two control blocks for a transport stack"
  wire     gone
  advice   "Configure at least two control blocks for each stack."
  event 9228 text "fatal resource limit|listen control blocks"

signature Q194589
  title    "The limit of associations to a peer is reached"
  weight   inconclusive
  product  "Exchange Server 5.5"
  trigger  "more messages are queued than associations times the threshold"
  wire     stall
  advice   "For information while mail flows; else raise the threshold."
  event 57 text "limit on the number of associations|number of associations"

signature Q170056.9318
  title    "Another server cannot be reached by RPC"
  article  "Q170056 Q248488 Q279537"
  weight   inconclusive
  product  "Exchange Server 4.0, 5.0, 5.5"
  trigger  "the peer in the site is not reachable; no X.400 fault"
  wire     none
  advice   "Look at the network between the servers; on WAN lines use checkpoint 15, recovery 90, window 3."
  event 9318 text "RPC communications error" strings "1722"

signature Q253307.9322
  title    "The answer to an RPC bind failed"
  article  "Q253307 Q279537"
  weight   inconclusive
  product  "Exchange Server 4.0, 5.0, 5.5"
  trigger  "the peer in the site is not reachable; no X.400 fault"
  wire     none
  advice   "Look at name resolution between the servers."
  event 9322 text "MtaBindBack over RPC" strings "."

signature Q181721.9316
  title    "An RPC association was lost"
  article  "Q181721 Q253307"
  weight   inconclusive
  product  "Exchange Server on NT 4"
  fixed    "NT 4 SP4"
  trigger  "an RPC association is lost; no X.400 fault"
  wire     none
  advice   "Install NT 4 SP4."
  event 9316 text "RPC communications error" strings "1727|9301"

signature Q181721.9277
  title    "An RPC call hung and was cancelled"
  article  "Q181721"
  weight   inconclusive
  product  "Exchange Server on NT 4"
  fixed    "NT 4 SP4"
  trigger  "a hung RPC call; no X.400 fault"
  wire     none
  advice   "Install NT 4 SP4."
  event 9277 text "issued an RPC Cancel call|Cancel" strings "MtaBind"

signature Q253307.9311
  title    "A dial-up connector could not connect"
  article  "Q253307"
  weight   inconclusive
  product  "Exchange Server 4.0, 5.0, 5.5"
  trigger  "the modem or the line"
  wire     none
  advice   "Look up the RAS error code."
  event 9311 text "RAS communications error" strings "RAS"

signature Q182975
  title    "The X.25 stack cannot be used: its registry values are missing"
  weight   supporting
  product  "Exchange Server 4.0"
  trigger  "registry values of the X.25 interface are missing"
  wire     gone
  advice   "Enter the missing values."
  event 9409 text "registry parameter is missing"
  event 9106 text "X[.]25 interface failed to initialize|interface failed to initialize"

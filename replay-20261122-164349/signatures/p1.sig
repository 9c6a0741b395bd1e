# P1: transfer in, transfer out, routing, the message database.

signature Q151395
  title    "A content length that is not true makes the MTA stop"
  weight   conclusive
  product  "Exchange Server 4.0"
  fixed    "Exchange Server 4.0 SP4"
  trigger  "the encoded content length is about a hundred times the real one"
  wire     gone abort
  advice   "Remove the message from the queue of the peer that sends it; update the MTA (4.0 SP4)."
  event 200 text "child length exceeds given maximum|1msev" strings "child length exceeds|1msev"
  event 2050 text "illegal PUT to element" tag "BASE XFER-IN" optional
  event 9405 optional

signature Q176489
  title    "The open interval is too short for the backlog"
  weight   supporting
  product  "Exchange Server 5.0"
  trigger  "an open interval of 15 s after an outage with a large backlog: reports and loops"
  wire     report duplicate
  advice   "Set the open interval to 30 s or more on a LAN, 60 s on dial-up lines."
  event 200 text "limit exceeded on set of|sequence of" strings "limit exceeded"

signature Q179837
  title    "An APDU was cut off before it came"
  weight   supporting
  product  "Exchange Server 5.5"
  fixed    "an Exchange Server 5.5 service pack"
  trigger  "a conversion on the sending MTA damaged the message, which was then rerouted"
  wire     abort
  advice   "Look at the APDU in Bf0.log by its dump reference; update the sending MTA."
  event 200 text "mandatory absent" strings "mandatory absent"

signature Q235534
  title    "A damaged field in a P1 header makes the MTA loop"
  weight   conclusive
  product  "Exchange Server 5.5"
  fixed    "Exchange Server 5.5 SP3 (2641)"
  trigger  "a corrupt field in the P1 header"
  wire     gone stall
  advice   "Update the MTA (Exchange Server 5.5 SP3); remove the object that the events name."
  event 200 text "ASN[.]1 was decoding|error in received APDU"
  event 2124 text "Object Data file causing|Object Data file" strings "131"
  event 2175 text "Error getting length of attribute|getting length" strings "ODXOBJEC"

signature Q163324
  title    "A received APDU cannot be decoded"
  weight   supporting
  product  "Exchange Server 4.0, 5.0, 5.5"
  trigger  "a wrongly encoded message from the peer"
  wire     abort
  advice   "Look at the APDU by its dump reference in Bf0.log; turn on the APDU log to get it."
  event 200 text "ASN[.]1 was decoding|error in received APDU"

signature Q176127
  title    "A loop was found in a message"
  weight   supporting
  product  "Exchange Server 5.0; Exchange 2000, 2003 in mixed mode"
  fixed    "Exchange Server 5.0 SP2"
  trigger  "the domain of the MTA stands in the trace already"
  wire     report
  advice   "Look at the routes of both sides for this recipient; update the MTA (5.0 SP2)."
  event 201 text "loop has been detected|loop-detected" strings "loop-detected" tag "MTA XFER-IN # 104"

signature E2003.202
  title    "A message has an extension that the MTA does not know"
  weight   supporting
  product  "Exchange 2003 (6.5.6940.0)"
  trigger  "a critical X.400 extension"
  wire     report
  advice   "Let the sender leave the extension out or mark it not critical."
  event 202 text "unsupported extension"

signature Q164838
  title    "The first trace element is of another domain than the message identifier"
  weight   supporting
  product  "Exchange Server 4.0"
  fixed    "Exchange Server 4.0 SP4"
  trigger  "a gateway that writes its trace wrongly; loops stay hidden"
  wire     none
  advice   "Correct the gateway; update the MTA (4.0 SP4)."
  event 209 text "invalid-GDI|domain.identifier|TraceInformation"

signature Q145986
  title    "The content of a message could not be converted"
  article  "Q145986 Q179837 Q164528 Q164834 Q163690 Q176396 Q178365 829706"
  weight   supporting
  product  "Exchange Server 4.0, 5.0, 5.5"
  trigger  "conversion of P2 content; error numbers seen are 26, 258, 1029, 4096, 4097"
  wire     report
  advice   "Look at the content type asked for; send a content that needs no conversion."
  event 210 text "Content conversion failed|conversion"

signature Q230420
  title    "A private extension may not cross an administration domain"
  weight   supporting
  product  "Exchange Server 4.0, 5.0, 5.5"
  trigger  "a private extension in a message to or from an ADMD"
  wire     report
  advice   "Let the sender leave private extensions out, or allow them for the connector."
  event 211 text "Private Extensions are not allowed|Private Extension"

signature Q166308
  title    "An unknown MTA has tried to bind"
  article  "Q166308 Q152932"
  weight   supporting
  product  "Exchange Server 4.0, 5.0, 5.5"
  fixed    "5.0.1461.37; Exchange Server 5.5 SP1"
  trigger  "wrong MTA name or password, wrong selectors; or a session selector on an X.410-mode connection"
  wire     refused
  advice   "Compare name, password and selectors with the event, which has the address that came."
  event 51 text "unknown MTA has attempted to bind|unknown MTA" tag "MTA XFER-IN # 42"

signature Q171113
  title    "The peer asks for another dialogue mode than the connector has"
  weight   supporting
  product  "Exchange Server 4.0, 5.0, 5.5"
  trigger  "two-way alternate asked where monologue is configured"
  wire     refused
  advice   "Set the same dialogue mode on both sides."
  event 55 text "incorrect link option mode|link option" tag "MTA XFER-IN # 35"

signature Q165146
  title    "A message is larger than the MTA allows"
  weight   supporting
  product  "Exchange Server 4.0, 5.0, 5.5"
  trigger  "a message beyond the size limit"
  wire     report
  advice   "Raise the limit of the connector, or send less."
  event 62 text "content-too-long|delivery failure occurred.*too-long" strings "content-too-long"
  event 3144 optional

signature Q186581
  title    "An originator is barred by a rule of a connector"
  weight   supporting
  product  "Exchange Server 5.5"
  trigger  "a filter on originators"
  wire     report
  advice   "Change the delivery restrictions of the connector."
  event 152 text "barred by rule"

signature Q166734
  title    "A message has too much trace"
  weight   supporting
  product  "Exchange Server 4.0"
  trigger  "a long way, or a loop"
  wire     report
  advice   "Look at the routes: the message goes round."
  event 171 text "too much global trace|global trace" strings "size-constraint-violation"

signature Q177862
  title    "A message bounces between two connectors to 1984 peers"
  weight   conclusive
  product  "Exchange Server 4.0, 5.0, 5.5"
  fixed    "4.0 SP5 (996.56), 5.0 SP2, 5.5 SP1"
  trigger  "two connectors to 1984 MTAs, a message that cannot be downgraded"
  wire     duplicate report
  advice   "Update the MTA (4.0 SP5, 5.0 SP2, 5.5 SP1); use one connector for such addresses."
  event 175 text "failed to downgrade|unable-to-downgrade" strings "unable-to-downgrade"
  event 287 text "Successful rerouting|rerout"

signature Q230497.290
  title    "A message was returned: the MTS is congested"
  article  "Q230497"
  weight   supporting
  product  "Exchange Server 5.5"
  trigger  "retries are used up, for want of control blocks or of a peer"
  wire     report
  advice   "Look for 9156 and for the peer that could not be reached."
  event 290 text "MTS-congestion" strings "MTS-congestion" tag "MTA DISP:RESULT # 136"

signature Q163324.269
  title    "A delivery failed for the time being"
  article  "Q163324"
  weight   inconclusive
  product  "Exchange Server 4.0, 5.0, 5.5"
  trigger  "a resource is missing for the moment"
  wire     none
  advice   "Look whether the message is delivered later."
  event 269

signature Q163324.270
  title    "A delivery failed for good"
  article  "Q163324 Q176952"
  weight   supporting
  product  "Exchange Server 4.0, 5.0, 5.5"
  trigger  "see the dump reference"
  wire     report
  advice   "Look at the APDU by its dump reference in Bf0.log."
  event 270
  event 271 optional

signature Q163324.220
  title    "A bad APDU was submitted"
  article  "Q163324"
  weight   supporting
  product  "Exchange Server 4.0, 5.0, 5.5"
  trigger  "a gateway or client submits a message that cannot be encoded"
  wire     none
  advice   "Look at the APDU by its dump reference in Bf0.log."
  event 220

signature Q152914
  title    "A content length that is not true makes the MTA write beyond an element"
  article  "Q152914 Q151395"
  weight   conclusive
  product  "Exchange Server 4.0"
  fixed    "Exchange Server 4.0 SP4"
  trigger  "the encoded content length is about a hundred times the real one"
  wire     gone
  advice   "Remove the message from the queue of the peer that sends it; update the MTA (4.0 SP4)."
  event 2050 text "illegal put to element" strings "XFER-IN" tag "BASE XFER-IN"

signature Q183014
  title    "A content identifier of length 0 stops the MTA"
  weight   conclusive
  product  "Exchange Server 5.5"
  fixed    "Exchange Server 5.5 SP2"
  trigger  "an envelope with an empty content identifier"
  wire     gone
  advice   "Update the MTA (Exchange Server 5.5 SP2)."
  event 2050 text "illegal put to element.*offset 1([^0-9]|$)|illegal put to element [0-9A-F]+ at offset 1([^0-9]|$)" strings "[0-9A-F]+ [|] 1 [|].*DISP:FANOUT" tag "BASE DISP:FANOUT"

signature Q319846
  title    "The routing thread reads or writes beyond an element"
  weight   conclusive
  product  "Exchange Server 5.5 with DMS"
  fixed    "5.5.2656.22"
  trigger  "a DMS server"
  wire     gone
  advice   "Take the update 5.5.2656.22."
  event 2050 text "illegal put to element" strings "DISP:ROUTER" tag "BASE DISP:ROUTER"

signature Q319846.2051
  title    "The routing thread reads beyond an element"
  article  "Q319846"
  weight   conclusive
  product  "Exchange Server 5.5 with DMS"
  fixed    "5.5.2656.22"
  trigger  "a DMS server"
  wire     gone
  advice   "Take the update 5.5.2656.22."
  event 2051 text "illegal get from element" strings "DISP:ROUTER" tag "BASE DISP:ROUTER"

signature Q177328
  title    "A recipient name that is longer than its buffer stops the MTA"
  article  "Q177328 Q174600"
  weight   conclusive
  product  "Exchange Server 5.0"
  fixed    "an Exchange Server 5.0 service pack"
  trigger  "a very long recipient name is transferred in, or very large distribution lists"
  wire     gone
  advice   "Update the MTA; remove the message from the queue of the peer."
  event 2051 text "illegal get from element" strings "XFER-IN" tag "BASE XFER-IN"
  event 9405 text "0xe0050803|e0050803" strings "e0050803" optional

signature Q193049
  title    "A message to several recipients damages the database"
  weight   conclusive
  product  "Exchange Server 5.5"
  fixed    "Exchange Server 5.5 SP2 (2363)"
  trigger  "one message to several recipients"
  wire     gone
  advice   "Update the MTA (Exchange Server 5.5 SP2)."
  event 2110 text "bad list member length"
  event 2171 optional
  event 9299 text "closedown" optional

signature Q169701
  title    "An object of the database does not exist"
  weight   conclusive
  product  "Exchange Server 4.0"
  trigger  "internal"
  wire     gone
  advice   "Run the check of the database; update the MTA."
  event 2143 text "ODXOINIU" strings "ODXOINIU"

signature Q140957
  title    "A message from a foreign MTA or gateway makes the MTA die in transfer"
  article  "Q140957 Q157235"
  weight   conclusive
  product  "Exchange Server 4.0"
  fixed    "Exchange Server 4.0 SP2, SP4"
  trigger  "a message of a third-party gateway"
  wire     gone
  advice   "Update the MTA (4.0 SP2 or SP4); remove the message from the queue of the peer."
  event 9405 text "Exception c0000005" strings "c0000005.*XFER-IN|XFER-IN.*c0000005" tag "BASE XFER-IN"

signature Q157235
  title    "A message from a foreign MTA makes the MTA die in routing"
  weight   conclusive
  product  "Exchange Server 4.0"
  fixed    "Exchange Server 4.0 SP4"
  trigger  "a message of another X.400 MTA"
  wire     gone
  advice   "Update the MTA (4.0 SP4); remove the message from the queue of the peer."
  event 9405 text "Exception" strings "DISP:ROUTER" tag "BASE DISP:ROUTER"
  event 2170 text "ODXFATAL" optional
  event 2143 text "ODXEOLST" optional

signature Q253619
  title    "A message identifier without its domain: the message is lost without a report"
  weight   conclusive
  product  "Exchange Server 5.5"
  fixed    "Exchange Server 5.5 SP4"
  trigger  "an MTS identifier that has no global domain identifier"
  wire     stall
  advice   "Update the MTA (Exchange Server 5.5 SP4); correct the sender."
  event 3150 text "failed integrity verification"

signature Q193049.9299
  title    "The MTA was stopped"
  article  "Q193049"
  weight   inconclusive
  product  "Exchange Server 4.0, 5.0, 5.5"
  trigger  "an orderly stop"
  wire     gone
  advice   "Look who stopped it, and for fatal events before it."
  event 9299 text "closedown complete"

signature Q163295.2219
  title    "The database was checked after the MTA was not stopped cleanly"
  article  "Q163295"
  weight   inconclusive
  product  "Exchange Server 4.0, 5.0, 5.5"
  trigger  "the MTA died or was killed"
  wire     gone
  advice   "Look for the reason of the end before it, and in Mtacheck.log for what was lost."
  event 2219

signature Q163295.2206
  title    "A queue of the database was recovered"
  article  "Q163295"
  weight   inconclusive
  product  "Exchange Server 4.0, 5.0, 5.5"
  trigger  "the MTA died or was killed"
  wire     gone
  advice   "Look in Mtacheck.log for what was lost."
  event 2206

signature Q163295.2207
  title    "The recovery of the database is complete"
  article  "Q163295"
  weight   inconclusive
  product  "Exchange Server 4.0, 5.0, 5.5"
  trigger  "the MTA died or was killed"
  wire     gone
  advice   "Look in Mtacheck.log for what was lost."
  event 2207

signature Q163295.2152
  title    "The check of the database failed"
  article  "Q163295"
  weight   supporting
  product  "Exchange Server 4.0, 5.0, 5.5"
  trigger  "a damaged database"
  wire     gone
  advice   "Restore the database, or remove the objects that Mtacheck.log names."
  event 2152 tag "DB Server MAIN BASE # 0"

signature Q163323.queue
  title    "A queue of the database had to be rebuilt"
  article  "Q163323"
  weight   supporting
  product  "Exchange Server 4.0, 5.0, 5.5"
  trigger  "the MTA died or was killed"
  wire     gone
  advice   "Count the messages against the ledger: some may be lost."
  line text "required reconstruction"

signature Q163323.object
  title    "An object of the database was invalid and was removed"
  article  "Q163323"
  weight   supporting
  product  "Exchange Server 4.0, 5.0, 5.5"
  trigger  "the MTA died or was killed"
  wire     gone
  advice   "Look for the message by its MTS identifier: it is lost."
  line text "Object [0-9A-F]+ invalid|missing object file"

signature Q163323
  title    "The database was repaired or cannot be"
  weight   supporting
  product  "Exchange Server 4.0, 5.0, 5.5"
  trigger  "the MTA died or was killed"
  wire     gone
  advice   "Count the messages against the ledger: some may be lost."
  line text "Database repaired|has serious errors"

signature Q163323.clean
  title    "The database is clean"
  article  "Q163323"
  weight   harmless
  product  "Exchange Server 4.0, 5.0, 5.5"
  trigger  "a check of the database"
  wire     none
  advice   "Nothing to do."
  line text "Database clean"

signature Q194556
  title    "The MS Mail gateway cannot decode a recovery"
  article  "Q194556 Q118566"
  weight   supporting
  product  "MS Mail X.400 gateway 3.2"
  trigger  "a connection is recovered: that gateway proposes no checkpoints and knows no recovery"
  wire     abort
  advice   "Use checkpoint 0 towards this gateway."
  line text "Failed to decode PConnect"

signature Q157015
  title    "A TPKT whose reserved octet is not 0 is refused"
  weight   conclusive
  product  "Exchange Server 4.0"
  fixed    "Exchange Server 4.0 SP3"
  trigger  "RFC 1006 TPKT with a reserved octet that is not 0"
  wire     tcp-close
  advice   "Update the MTA (Exchange Server 4.0 SP3)."
  silent

signature Q140937
  title    "A bit string is sent with the wrong number of unused bits"
  weight   conclusive
  product  "Exchange Server 4.0"
  trigger  "per-recipient-indicators with three unused bits"
  wire     abort
  advice   "Update the MTA."
  silent

signature Q164049
  title    "A non-delivery report of the MTA has an empty extension: its peer cannot decode it"
  weight   conclusive
  product  "Exchange Server 4.0"
  fixed    "Exchange Server 4.0 SP4"
  trigger  "a message that cannot be delivered"
  wire     abort
  advice   "Update the MTA (Exchange Server 4.0 SP4)."
  silent

signature Q156716
  title    "An underscore is sent in a printable string"
  weight   conclusive
  product  "Exchange Server 4.0"
  fixed    "Exchange Server 4.0 SP3"
  trigger  "a directory name with an underscore"
  wire     abort
  advice   "Update the MTA (Exchange Server 4.0 SP3)."
  silent

signature Q168136
  title    "An administration domain of one blank, or of digits, is encoded wrongly"
  weight   conclusive
  product  "Exchange Server 4.0"
  trigger  "such a domain in identifier, bilateral information or trace"
  wire     abort
  advice   "Update the MTA."
  silent

signature Q177374
  title    "Peers refuse bilateral information and the internal trace of 1984"
  weight   conclusive
  product  "Exchange Server 4.0, 5.0, 5.5"
  trigger  "a peer that does not take them"
  wire     abort report
  advice   "Set the heuristics of the connector (0x400, 0x800) that leave them out."
  silent

signature Q232586
  title    "Several rerouted trace elements make the peer see a loop"
  weight   conclusive
  product  "Exchange Server 5.5"
  fixed    "Exchange Server 5.5 SP3"
  trigger  "a message rerouted for several recipients"
  wire     report
  advice   "Update the MTA (Exchange Server 5.5 SP3)."
  silent

signature Q232656
  title    "The common name is lost on the way to a 1984 peer"
  weight   conclusive
  product  "Exchange Server 5.5"
  fixed    "Exchange Server 5.5 SP3"
  trigger  "downgrading from 1988 to 1984"
  wire     report
  advice   "Update the MTA (Exchange Server 5.5 SP3)."
  silent

signature Q151785
  title    "A report with unexpected additional information blocks the queue"
  weight   conclusive
  product  "Exchange Server 4.0, 5.0"
  trigger  "a report with odd additional information"
  wire     stall
  advice   "Update the MTA."
  silent

signature Q329595
  title    "A year of four digits in the internal trace is refused"
  weight   conclusive
  product  "Exchange 2000"
  trigger  "a UTC time with four digits of the year"
  wire     report
  advice   "Let the sender write two digits; ask for the update."
  silent

signature Q157902
  title    "An X.25 call is cleared for the address block of its answer"
  weight   conclusive
  product  "Exchange Server 4.0"
  trigger  "an X.25 call accept with an address block"
  wire     tcp-close
  advice   "Ask for the update."
  silent

signature Q157698
  title    "X.25 facilities overwrite the address"
  weight   conclusive
  product  "Exchange Server 4.0"
  fixed    "Exchange Server 4.0 SP3"
  trigger  "a call with facilities"
  wire     tcp-refused
  advice   "Update the MTA (Exchange Server 4.0 SP3)."
  silent

signature Q198958
  title    "A message that was sent is sent again at each start"
  weight   conclusive
  product  "Exchange Server 5.5 before SP1"
  fixed    "Exchange Server 5.5 SP1"
  trigger  "the file of a sent message is not deleted"
  wire     duplicate
  advice   "Update the MTA (Exchange Server 5.5 SP1)."
  silent

signature Q194750
  title    "A message sticks while others pass on a second association"
  weight   conclusive
  product  "Exchange Server 5.5"
  fixed    "Exchange Server 5.5 SP2"
  trigger  "timing of RPC"
  wire     stall
  advice   "Update the MTA (Exchange Server 5.5 SP2)."
  silent

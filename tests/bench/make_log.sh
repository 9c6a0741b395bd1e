#!/bin/sh
# A large log that shows no fault, on standard output:  make_log.sh MIB
# A quarter each of Event Viewer's export, the MTA's text log, syslog and text
# without times; one record in eight is an event that the catalogue knows as
# harmless, the rest are everyday ones.
set -u
mib=${1:-64}
piece=$(mktemp)
trap 'rm -f "$piece"' EXIT

awk 'BEGIN {
	srand(7)
	for (i = 0; i < 2400; i++) {
		m = int(i / 60) % 60; s = i % 60
		split("ESE MSExchangeIS MSExchangeMTA MSExchangeSA Perflib Tcpip", source, " ")
		id = 1000 + int(rand() * 8000)
		if (id == 2050 || id == 2051 || id == 9405) id = 1221
		printf "11/21/26\t9:%02d:%02d PM\t%s\tInformation\tGeneral\t%d\tN/A\tLAB\t", m, s,
			source[i % 2 ? 1 : 2 + int(rand() * 1)], id
		print "The database engine has completed an online pass over the store; " \
			int(rand() * 1e6) " pages were seen and the operation took " i " ms. (8)"
		if (i % 8 == 0)
			printf "11/21/26\t9:%02d:%02d PM\tMSExchangeMTA\tWarning\tOperating System\t9221\tN/A\tLAB\tA sockets error 10054 on a WSARecvEx() call was detected. The MTA will attempt to recover the sockets connection. Control block index: %d. [BASE IL TCP/IP DRVR 10 262] (12)\n", m, s, i % 20
	}
	for (i = 0; i < 1800; i++) {
		printf "message NMI%04d: X.400 Service Event, severity 8\n\n       (MTA XFER-IN(12) Proc %d) 11-21-26 09:%02d:%02dpm\n", 100 + i % 40, i % 90, int(i / 60) % 60, i % 60
		printf "       Message transferred in\n       MTS Identifier C=US;A= ;P=ORG;L=LAB-261121-%d\n       Size %d\n\n", i, int(rand() * 1e6)
	}
	for (i = 0; i < 3000; i++) {
		printf "Nov 21 21:%02d:%02d lab smtpd[%d]: connect from host%d.example.net[192.0.2.%d], ", int(i / 60) % 60, i % 60, 1000 + i, i, i % 250
		print "queued as " int(rand() * 1e9) " size " int(rand() * 1e5) " relay local, delay 0.2, status sent"
	}
	for (i = 0; i < 3000; i++)
		print "checkpoint " i " of session " int(rand() * 1e6) " written to stable storage; the next one is due in 30 s; nothing to report from the service"
}' >"$piece"
size=$(wc -c <"$piece")
n=$((mib * 1048576 / size + 1))
i=0
while [ $i -lt $n ]; do
	cat "$piece" || exit 0
	i=$((i + 1))
done

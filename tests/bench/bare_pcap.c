/* bare_pcap FILE: a libpcap loop that only reads; prints its octets. */
#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *p = argc == 2 ? pcap_open_offline(argv[1], why) : NULL;
	struct pcap_pkthdr *head;
	const unsigned char *octets;
	uint64_t n = 0;

	if (!p)
		return 2;
	while (pcap_next_ex(p, &head, &octets) == 1)
		n += head->caplen;
	printf("%" PRIu64 "\n", n);
	pcap_close(p);
	return 0;
}

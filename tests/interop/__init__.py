"""RingOut beside servers and phones that other people wrote: Asterisk, Kamailio, linphone, baresip, tshark."""

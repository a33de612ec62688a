"""Asterisk's configuration files but for those that a test fills, and the modules that it loads."""

from __future__ import annotations

MODULES = """
pbx_config app_dial app_echo app_playback app_playtones app_verbose app_milliwatt app_senddtmf app_stack app_exec
app_transfer app_mixmonitor res_clioriginate func_callerid func_channel func_logic func_strings func_sha1 chan_pjsip
func_pjsip_endpoint func_pjsip_contact res_pjproject res_sorcery_config res_sorcery_memory res_sorcery_astdb
res_pjsip res_pjsip_pubsub res_pjsip_session res_pjsip_sdp_rtp res_pjsip_caller_id res_pjsip_endpoint_identifier_ip
res_pjsip_endpoint_identifier_user res_pjsip_authenticator_digest res_pjsip_outbound_authenticator_digest
res_pjsip_outbound_registration res_pjsip_registrar res_pjsip_nat res_pjsip_path res_pjsip_diversion
res_pjsip_rfc3326 res_pjsip_dtmf_info res_pjsip_header_funcs res_pjsip_logger res_pjsip_outbound_publish
res_pjsip_dlg_options res_pjsip_acl res_rtp_asterisk res_srtp res_crypto res_timing_timerfd res_format_attr_opus
res_pjsip_transport_websocket res_http_websocket res_musiconhold bridge_simple bridge_native_rtp bridge_softmix
bridge_builtin_features bridge_builtin_interval_features codec_ulaw codec_alaw codec_g722 codec_resample format_gsm
codec_gsm format_wav
""".split()  # noqa: SIM905  as they are read

FILES = {
    "asterisk.conf": "[directories]\nastetcdir => {here}\nastmoddir => {modules}\nastvarlibdir => /usr/share/asterisk\n"
    "astdbdir => {here}\nastkeydir => {here}\nastdatadir => /usr/share/asterisk\nastagidir => {here}\n"
    "astspooldir => {here}\nastrundir => {here}\nastlogdir => {here}\n[options]\nverbose = 3\n",
    "ccss.conf": "[general]\n",
    "cdr.conf": "[general]\nenable = no\n",
    "cel.conf": "[general]\nenable = no\n",
    "features.conf": "[general]\n",
    "udptl.conf": "[general]\n",
    "acl.conf": "",
    "musiconhold.conf": "[default]\nmode = files\ndirectory = {here}/moh\n",
    "http.conf": "[general]\nenabled = no\n",
    "logger.conf": "[general]\n[logfiles]\nfull => notice,warning,error,verbose(3),dtmf\n",
    "indications.conf": "[general]\ncountry = us\n[us]\ndescription = us\nringcadence = 2000,4000\n"
    "dial = 350+440\nring = 440+480/2000,0/4000\nbusy = 480+620/500,0/500\ncongestion = 480+620/250,0/250\n",
    "rtp.conf": "[general]\nrtpstart = {first_rtp}\nrtpend = {last_rtp}\nstrictrtp = yes\n",
}

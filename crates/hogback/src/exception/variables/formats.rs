//! Secrets that can be told by their form, since whoever issues them wants them found.

use std::sync::OnceLock;

use regex::{RegexSet, RegexSetBuilder};

/// What issuers document of their keys, tokens and the like. Each begins a word, so that no ordinary word ends like one.
const FORMATS: [&str; 78] = [
    r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY",
    r"\bdjango-insecure-[!-~]{20,}",
    r"\bPuTTY-User-Key-File-\d",
    // Models and what is around them.
    r"\bsk-ant-[\w-]{10,}",
    r"\bsk-(?:proj|svcacct|admin|None|or-v1|lf)-[\w-]{16,}",
    r"\bsk-[A-Za-z0-9]{20,}",
    r"\bhf_[A-Za-z0-9]{20,}",
    r"\bapi_org_[A-Za-z]{34}\b",
    r"\bgsk_[A-Za-z0-9]{40,}",
    r"\br8_[A-Za-z0-9]{37}\b",
    r"\bxai-[A-Za-z0-9]{40,}",
    r"\bpplx-[A-Za-z0-9]{32,}",
    // Clouds.
    r"\b(?:AKIA|ASIA|ABIA|ACCA|AGPA|AIDA|AIPA|ANPA|ANVA|APKA|AROA|ASCA)[A-Z0-9]{16}\b",
    r"\bAIza[\w-]{35}",
    r"\bya29\.[\w-]{10,}",
    r"\b1//0[\w-]{30,}",
    r"\bGOCSPX-[\w-]{28}",
    r"\bdo[opr]_v1_[a-f0-9]{64}\b",
    r"\b(?i:AccountKey|SharedAccessKey|SharedAccessSignature)=[A-Za-z0-9+/%]{20,}",
    r"\b[A-Za-z0-9_~.]{3}8Q~[A-Za-z0-9_~.-]{34}",
    r"\bLTAI[A-Za-z0-9]{17,21}\b",
    r"\bhv[sbr]\.[\w-]{24,}",
    r"\b[A-Za-z0-9]{14}\.atlasv1\.[\w-]{60,}",
    r"\b(?:fo1_[\w-]{43}|fm[12][ar]?_[A-Za-z0-9+/=]{60,})",
    r"\bHRKU-[\w-]{36,}",
    r"\bsbp_[a-f0-9]{40}\b",
    r"\bsb_secret_[\w-]{20,}",
    r"\bpul-[a-f0-9]{40}\b",
    r"\bpscale_(?:tkn|pw|oauth)_[\w.=-]{32,}",
    r"\bnapi_[a-z0-9]{48,}",
    // Payments.
    r"\b[spr]k_(?:live|test)_[A-Za-z0-9]{10,}",
    r"\bwhsec_[A-Za-z0-9+/=]{20,}",
    r"\bsq0[a-z]{3}-[\w-]{22,}",
    r"\bEAAA[\w-]{60}",
    r"\baccess_token\$(?:production|sandbox)\$[a-z0-9]{16}\$[a-f0-9]{32}\b",
    r"\bEZ[AT]K[A-Za-z0-9]{54}\b",
    r"\b(?:live|test)_[A-Za-z0-9]{30,}\b",
    r"\bplaid-(?:production|sandbox|development)-",
    // Code.
    r"\bgh[pousr]_[A-Za-z0-9]{36,}",
    r"\bgithub_pat_\w{22,}",
    r"\bgl(?:pat|dt|rt|rtr|cbt|ptt|ft|imt|agent|soat|ffct|oas|wt)-[\w.-]{20,}",
    r"\bATATT3[\w=-]{60,}",
    r"\bATBB[A-Za-z0-9]{24,}",
    r"\bnpm_[A-Za-z0-9]{36}",
    r"\bpypi-[\w-]{16,}",
    r"\brubygems_[a-f0-9]{48}\b",
    r"\bdckr_(?:pat|oat)_[\w-]{20,}",
    r"\bcio[A-Za-z0-9]{32}\b",
    // Messages.
    r"\bxox[abeoprs](?:\.xox[bp])?-[\w-]{10,}",
    r"\bxapp-\d-[\w-]{10,}",
    r"\bhooks\.slack\.com/(?:services|workflows|triggers)/[\w/]{20,}",
    r"\bdiscord(?:app)?\.com/api/webhooks/\d+/[\w-]{20,}",
    r"\b[MNO][A-Za-z0-9_-]{23,27}\.[\w-]{6}\.[\w-]{27,}",
    r"\b\d{8,10}:AA[\w-]{33}\b",
    r"\bSK[0-9a-fA-F]{32}\b",
    r"\bSG\.[\w-]{16,}\.[\w-]{16,}",
    r"\bkey-[0-9a-zA-Z]{32}\b",
    r"\b[0-9a-f]{32}-us\d{1,2}\b",
    r"\bxkeysib-[a-f0-9]{64}-[A-Za-z0-9]{16}",
    r"\bre_[A-Za-z0-9]{6,}_[A-Za-z0-9]{20,}",
    // Data and its observers.
    r"\bgl(?:sa|c)_[\w+/=]{32,}",
    r"\bdapi[0-9a-f]{32}",
    r"\bdp\.(?:ct|pt|st|sa|scim|audit)\.[\w.-]{20,}",
    r"\bNR(?:AK|JS|II|SP|AA|RA|BR|IQ)-[\w-]{20,}",
    r"\bph[xs]_[A-Za-z0-9]{20,}",
    r"\bsntry[su]_[\w+/=-]{40,}",
    r"\bpnu_[A-Za-z0-9]{36}\b",
    // Work.
    r"\bPMAK-[0-9a-f]{24}-[0-9a-f]{34}\b",
    r"\blin_(?:api|oauth)_[A-Za-z0-9]{32,}",
    r"\b(?:secret_[A-Za-z0-9]{43}|ntn_[A-Za-z0-9]{40,})",
    r"\bshp(?:at|ca|pa|ss|ua|tka)_[a-fA-F0-9]{32}",
    r"\bpat[A-Za-z0-9]{14}\.[a-f0-9]{64}\b",
    r"\bpat-(?:na|eu)\d-[0-9a-fA-F-]{36}",
    r"\bfig[dour]_[\w-]{30,}",
    r"\bCFPAT-[\w-]{40,}",
    r"\bsl\.[\w-]{100,}",
    r"\bAGE-SECRET-KEY-1[0-9A-Z]{58}\b",
    // A JSON Web Token, signed or encrypted.
    r"\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)+",
];

/// Whether the text holds a secret of a form that its issuer has published.
///
/// ```
/// use hogback::exception::variables::has_known_format;
///
/// assert!(has_known_format("id AKIAIOSFODNN7EXAMPLE of the bucket"));
/// assert!(!has_known_format("AKIA is a prefix"));
/// ```
#[must_use]
pub fn has_known_format(text: &str) -> bool {
    static COMPILED: OnceLock<Option<RegexSet>> = OnceLock::new();
    let compiled = COMPILED.get().unwrap_or_else(|| {
        // Two threads may both compile: a process that forks meanwhile must not leave a child that waits for the other.
        let made = compile();
        COMPILED.get_or_init(|| made)
    });
    // Without the forms nothing can be told from a secret.
    compiled.as_ref().is_none_or(|forms| forms.is_match(text))
}

/// Without Unicode: no issuer uses more than ASCII, and the sets of letters would be a hundred times the size.
fn compile() -> Option<RegexSet> {
    RegexSetBuilder::new(FORMATS).unicode(false).build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_can_be_compiled() {
        assert!(compile().is_some());
    }
}

import fr.cnamts.insirecsans.Demande;
import fr.cnamts.insiresultat.Resultat;
import fr.cnamts.webservice.Erreur;
import fr.cnamts.webservice.ICIRService;
import fr.cnamts.webservice.ICIRV1;
import java.io.FileInputStream;
import java.net.URL;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import javax.xml.datatype.DatatypeFactory;
import javax.xml.datatype.XMLGregorianCalendar;
import javax.xml.ws.BindingProvider;
import javax.xml.ws.soap.AddressingFeature;
import org.w3._2005._08.addressing.Uri;
import siram.bam.ctxbam.Couverture;
import siram.lps.ctxlps.Idam;
import siram.lps.ctxlps.Logiciel;

/** WS_INS2 by what JAX-WS generates from our WSDL: over mutual TLS, one line for each answer. */
public class InsiJaxws {
  /** arguments: WSDL, endpoint, PKCS#12, its password, CA in PEM, Emetteur, then IDAM values. */
  public static void main(String[] args) throws Exception {
    HttpsURLConnection.setDefaultSSLSocketFactory(context(args[2], args[3], args[4])
        .getSocketFactory());
    ICIRService service =
        new ICIRV1(new URL(args[0])).getICIRService(new AddressingFeature(true, false));
    ((BindingProvider) service)
        .getRequestContext()
        .put(BindingProvider.ENDPOINT_ADDRESS_PROPERTY, args[1]);
    for (int i = 6; i < args.length; i++) {
      try {
        Resultat found =
            service.rechercherInsAvecTraitsIdentite(
                zoe(), null, lps(args[5], args[i]), messageId(), bam(args[5]));
        System.out.println(
            found.getCR().getCodeCR()
                + " " + found.getINDIVIDU().getINSACTIF().getIdIndividu().getNumIdentifiant()
                + " " + found.getINDIVIDU().getTIQ().getListePrenom());
      } catch (Erreur error) {
        System.out.println(
            error.getFaultInfo().getCode() + " " + error.getFaultInfo().getValue());
      }
    }
  }

  private static Demande zoe() {
    Demande zoe = new Demande();
    zoe.setNomNaissance("ADRUN");
    zoe.getPrenom().add("ZOE");
    zoe.setSexe("F");
    zoe.setDateNaissance("1975-12-31");
    return zoe;
  }

  private static Uri messageId() {
    Uri made = new Uri();
    made.setValue("uuid:" + UUID.randomUUID());
    return made;
  }

  private static siram.lps.ctxlps.Contexte lps(String emetteur, String number) throws Exception {
    Idam idam = new Idam();
    idam.setValue(number);
    idam.setR("4");
    Logiciel software = new Logiciel();
    software.setIDAM(idam);
    software.setVersion("1.0");
    software.setInstance(UUID.randomUUID().toString());
    software.setNom("urn:lps:ESSAI-JAVA:1.0");
    siram.lps.ctxlps.Contexte made = new siram.lps.ctxlps.Contexte();
    made.setId(UUID.randomUUID().toString());
    made.setTemps(now());
    made.setEmetteur(emetteur);
    made.setLPS(software);
    made.setNature("CTXLPS");
    made.setVersion("01_00");
    return made;
  }

  private static siram.bam.ctxbam.Contexte bam(String emetteur) throws Exception {
    siram.bam.ctxbam.Contexte made = new siram.bam.ctxbam.Contexte();
    made.setId(UUID.randomUUID().toString());
    made.setTemps(now());
    made.setEmetteur(emetteur);
    made.setCOUVERTURE(new Couverture());
    made.setVersion("01_02");
    return made;
  }

  private static XMLGregorianCalendar now() throws Exception {
    String instant = Instant.now().truncatedTo(ChronoUnit.MILLIS).toString();
    return DatatypeFactory.newInstance().newXMLGregorianCalendar(instant);
  }

  private static SSLContext context(String identity, String password, String ca)
      throws Exception {
    KeyStore own = KeyStore.getInstance("PKCS12");
    try (FileInputStream in = new FileInputStream(identity)) {
      own.load(in, password.toCharArray());
    }
    KeyManagerFactory keys =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(own, password.toCharArray());
    KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
    trusted.load(null, null);
    try (FileInputStream in = new FileInputStream(ca)) {
      trusted.setCertificateEntry(
          "ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    return context;
  }
}

"""Words that the made-up customers are put together from."""

FIRST_NAMES = (
    "Adèle", "Agathe", "Alban", "Amine", "Anaïs", "Arthur", "Aya", "Baptiste", "Bastien", "Benoît", "Camille",
    "Capucine", "Célia", "Chloé", "Claire", "Clément", "Constance", "Damien", "Diane", "Elias", "Éléonore", "Élise",
    "Émile", "Enzo", "Étienne", "Fanny", "Farid", "Félix", "Flore", "Gabin", "Gaëlle", "Gaspard", "Hélène", "Hugo",
    "Inès", "Iris", "Jade", "Jules", "Juliette", "Karim", "Laure", "Léa", "Léon", "Lina", "Louane", "Lucas", "Lucie",
    "Maël", "Maëlys", "Manon", "Marius", "Mathilde", "Maxime", "Mehdi", "Mélanie", "Nadia", "Nathan", "Nina", "Noé",
    "Océane", "Olivier", "Pauline", "Quentin", "Rachida", "Romane", "Sacha", "Salomé", "Samir", "Solène", "Théo",
    "Timothée", "Valentine", "Victor", "Yanis", "Yasmine", "Yves", "Zélie", "Zoé",
)  # fmt: skip

SURNAMES = (
    "Aubert", "Barbier", "Baron", "Benali", "Berger", "Besson", "Blanchard", "Bonnet", "Boucher", "Bouvier", "Breton",
    "Brunet", "Carpentier", "Chevalier", "Colin", "Cordier", "Cousin", "Da Costa", "Delmas", "Denis", "Deschamps",
    "Diallo", "Dupuis", "Fabre", "Faure", "Ferrand", "Fleury", "Gaillard", "Garnier", "Gauthier", "Gilbert", "Guérin",
    "Haddad", "Hamon", "Hubert", "Jacquet", "Joly", "Kone", "Lacroix", "Lambert", "Langlois", "Le Gall", "Lebrun",
    "Lecomte", "Lefort", "Leroux", "Lopes", "Maillard", "Marchand", "Marty", "Masson", "Mercier", "Meunier", "Millet",
    "Monnier", "Moreau", "Nguyen", "Noël", "Ollivier", "Pasquier", "Pelletier", "Perrin", "Picard", "Poirier",
    "Prévost", "Renaud", "Rey", "Rivière", "Roussel", "Royer", "Sanchez", "Saunier", "Tanguy", "Tessier", "Vidal",
    "Vasseur", "Weber", "Zimmermann",
)  # fmt: skip

CITIES = (
    ("44000", "Nantes"), ("35000", "Rennes"), ("29200", "Brest"), ("56000", "Vannes"), ("85000", "La Roche-sur-Yon"),
    ("17000", "La Rochelle"), ("33000", "Bordeaux"), ("64600", "Anglet"), ("14000", "Caen"), ("76600", "Le Havre"),
    ("59140", "Dunkerque"), ("62100", "Calais"), ("50100", "Cherbourg-en-Cotentin"), ("22000", "Saint-Brieuc"),
    ("44600", "Saint-Nazaire"), ("29000", "Quimper"), ("35400", "Saint-Malo"), ("64000", "Pau"), ("79000", "Niort"),
    ("40000", "Mont-de-Marsan"), ("86000", "Poitiers"), ("49000", "Angers"), ("53000", "Laval"), ("72000", "Le Mans"),
)  # fmt: skip

STREETS = (
    "rue des Embruns", "quai du Ponant", "rue de la Criée", "impasse des Goémons", "avenue du Phare",
    "rue des Cordiers", "place du Vieux-Marché", "chemin de la Dune", "rue du Sémaphore", "boulevard de l'Estran",
    "allée des Tamaris", "rue des Salorges", "cours des Alizés", "rue de la Corderie", "venelle du Four",
    "rue des Quatre-Vents",
)  # fmt: skip

TRADES = (
    "Boulangerie", "Fleurs", "Librairie", "Épicerie", "Salon de coiffure", "Garage", "Pharmacie", "Café", "Bijouterie",
    "Pressing", "Cave", "Poissonnerie", "Cycles", "Optique", "Crêperie",
)  # fmt: skip

SHOP_NAMES = (
    "du Port", "des Halles", "de la Gare", "du Marché", "Saint-Michel", "des Lices", "du Centre", "de l'Écluse",
    "du Rivage", "des Arcades", "de la Poste", "du Pont",
)  # fmt: skip

COMPANY_NAMES = (
    "Ateliers", "Chantiers", "Transports", "Menuiseries", "Conserveries", "Messageries", "Imprimerie", "Laboratoires",
    "Constructions", "Logistique", "Énergies", "Ingénierie",
)  # fmt: skip

LEGAL_FORMS = ("SARL", "SAS", "SA", "SCOP")

PUBLIC_BODIES = (
    "Mairie de {}",
    "Lycée de {}",
    "Centre hospitalier de {}",
    "Médiathèque de {}",
    "Communauté de communes de {}",
)

FICTIONAL_TOWNS = ("Port-Rivage", "Sainte-Anse", "Kermarée", "Val-des-Ajoncs", "Longue-Grève", "Saint-Embrun")

SALES_STAFF = ("Solange Prigent", "Thierry Malo", "Awa Cissé")

CITIZENS_OF_OTHER_LANGUAGE = (
    "Emma Clarke",
    "Oliver Hughes",
    "Grace Bennett",
    "Harry Foster",
    "Isla Murray",
    "Jack Doyle",
)
